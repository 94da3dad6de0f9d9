import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { LocalOverheads, type TimedCost } from './local-overheads.ts'

/** A cost every ms that equals its time, so that a draw shows where it was measured. */
const clock = (from: number, to: number): TimedCost[] =>
  Array.from({ length: to - from }, (_, i) => ({ at: from + i, ms: from + i }))

const overheadsOf = (parts: Partial<ConstructorParameters<typeof LocalOverheads>[0]>) =>
  new LocalOverheads({
    timer: [],
    completion: { edges: [], costs: [[]] },
    dispatch: { edges: [], costs: [[]] },
    ...parts,
  })

const draws = (draw: (random: Random) => number) => {
  const random = new Random('draws')
  return [...new Set(Array.from({ length: 200 }, () => draw(random)))].sort((a, b) => a - b)
}

describe('local overheads', () => {
  test('are drawn from the four measured nearest in time', () => {
    const shuffled = clock(0, 100).sort((a, b) => (a.at % 7) - (b.at % 7))
    const overheads = overheadsOf({ completion: { edges: [], costs: [shuffled] } })
    expect(draws((random) => overheads.completion(random, 50.5, 0))).toEqual([49, 50, 51, 52])
    expect(draws((random) => overheads.completion(random, -5, 0))).toEqual([0, 1, 2, 3])
    expect(draws((random) => overheads.completion(random, 1e6, 0))).toEqual([96, 97, 98, 99])
  })

  test('are drawn from all where fewer were measured, and are 0 without any', () => {
    const overheads = overheadsOf({ timer: clock(1, 4) })
    expect(draws((random) => overheads.timer(random, 2))).toEqual([1, 2, 3])
    expect(draws((random) => overheads.completion(random, 2, 0))).toEqual([0])
    expect(draws((random) => overheads.dispatch(random, 2, 2))).toEqual([0])
    expect(overheads.sendDelay()).toBe(0)
  })

  test('depend on the idle gap or on what is due; an empty class uses the nearest one', () => {
    const cost = (ms: number) => [{ at: 0, ms }]
    const classes = { edges: [1, 10, 100], costs: [cost(1), [], [], cost(4)] }
    const overheads = overheadsOf({ dispatch: classes, completion: classes })
    const random = new Random('gaps')
    const at = (gap: number) => overheads.dispatch(random, 0, gap)
    const values = [0, 1, 1.5, 10, 50, 100, 101, Infinity]
    expect(values.map(at)).toEqual([1, 1, 1, 1, 4, 4, 4, 4])
    const due = (ms: number) => overheads.completion(random, 0, ms)
    expect(values.map(due)).toEqual([1, 1, 1, 1, 4, 4, 4, 4])
  })
})

import { describe, expect, test } from 'vitest'
import { Random } from '../kernel/index.ts'
import { LocalOverheads, type TimedCost } from './local-overheads.ts'

/** A cost every ms that is the time itself, so that a draw tells where it was measured. */
const clock = (from: number, to: number): TimedCost[] =>
  Array.from({ length: to - from }, (_, i) => ({ at: from + i, ms: from + i }))

const of = (rest: Partial<ConstructorParameters<typeof LocalOverheads>[0]>) =>
  new LocalOverheads({ timer: [], completion: [], edges: [], dispatch: [[]], ...rest })

const draws = (draw: (random: Random) => number) => {
  const random = new Random('draws')
  return [...new Set(Array.from({ length: 200 }, () => draw(random)))].sort((a, b) => a - b)
}

describe('local overheads', () => {
  test('are drawn from the four measured nearest in time', () => {
    const shuffled = clock(0, 100).sort((a, b) => (a.at % 7) - (b.at % 7))
    const overheads = of({ completion: shuffled })
    expect(draws((random) => overheads.completion(random, 50.5))).toEqual([49, 50, 51, 52])
    expect(draws((random) => overheads.completion(random, -5))).toEqual([0, 1, 2, 3])
    expect(draws((random) => overheads.completion(random, 1e6))).toEqual([96, 97, 98, 99])
  })

  test('are drawn from all where there are fewer, and 0 where there are none', () => {
    const overheads = of({ timer: clock(1, 4) })
    expect(draws((random) => overheads.timer(random, 2))).toEqual([1, 2, 3])
    expect(draws((random) => overheads.completion(random, 2))).toEqual([0])
    expect(draws((random) => overheads.dispatch(random, 2, 2))).toEqual([0])
    expect(overheads.lag()).toBe(0)
  })

  test('of dispatch go by the idle gap; a class without any takes those of the nearest', () => {
    const cost = (ms: number) => [{ at: 0, ms }]
    const overheads = of({ edges: [1, 10, 100], dispatch: [cost(1), [], [], cost(4)] })
    const random = new Random('gaps')
    const at = (gap: number) => overheads.dispatch(random, 0, gap)
    expect([0, 1, 1.5, 10, 50, 100, 101, Infinity].map(at)).toEqual([1, 1, 1, 1, 4, 4, 4, 4])
  })
})

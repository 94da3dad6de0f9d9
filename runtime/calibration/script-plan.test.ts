import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { GAPS_MS, lengthGrid, roundOf, settledRows, sizeGrid } from './script-plan.ts'

describe('the script of a calibration', () => {
  test.each([1, 2, 7, 16, 33, 128, 500])('sizes rise from 1 to the largest, %i', (largest) => {
    const sizes = sizeGrid(largest)
    expect([sizes[0], sizes.at(-1)]).toEqual([1, largest])
    expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b))
    expect(sizes.length).toBeLessThan(40)
  })

  test('lengths rise to the longest, and are multiples of the padding', () => {
    expect(lengthGrid(1, 1, 1)).toEqual([1])
    const lengths = lengthGrid(3, 1000, 16)
    expect(lengths.every((length) => length % 16 === 0)).toBe(true)
    expect(lengths).toEqual([...new Set(lengths)].sort((a, b) => a - b))
    expect([lengths[0], lengths.at(-1)]).toEqual([16, 1008])
  })

  test('a round has every cell and four gaps, three batches each, in a new order each time', () => {
    const random = new Random('round')
    const rounds = Array.from({ length: 60 }, () => roundOf([1, 2, 4], [8, 16, 32], 1, random))
    for (const round of rounds) {
      const runs = Array.from({ length: round.length / 3 }, (_, i) => round.slice(3 * i, 3 * i + 3))
      for (const [first, second, last] of runs) {
        expect(second).toEqual(first)
        expect({ ...last, gapMs: 0 }).toEqual(first)
        expect(first!.gapMs).toBe(0)
      }
      const slept = runs.flatMap((run) => run.filter(({ gapMs }) => gapMs > 0))
      expect(new Set(slept.map(({ gapMs }) => gapMs)).size).toBe(4)
      expect(slept.every(({ size, length }) => size <= 2 && length === 16)).toBe(true)
      const cells = runs
        .filter((run) => run[2]!.gapMs === 0)
        .map(([c]) => `${c!.size}x${c!.length}`)
      expect(new Set(cells).size).toBe(9)
      expect(cells.length).toBe(9)
      expect(round.every(({ executor }) => executor === 1)).toBe(true)
    }
    expect(rounds[0]).not.toEqual(rounds[1])
    const all = rounds.flat()
    expect(new Set(all.map(({ gapMs }) => gapMs))).toEqual(new Set([0, ...GAPS_MS]))
    const sizes = all.filter(({ gapMs }) => gapMs > 0).map(({ size }) => size)
    expect(new Set(sizes)).toEqual(new Set([1, 2]))
  })

  test('only batches after a batch of the same shape count, with their excess over it', () => {
    const took = [9, 2, 3, 7, 5]
    const shapes = [1, 1, 1, 2, 2]
    const rows = took.map((ms, i) => ({
      item: { executor: 0, size: shapes[i]!, length: 8, gapMs: 0 },
      gap: 0,
      dispatched: 0,
      started: 100 * i,
      ended: 100 * i + ms,
      done: 0,
    }))
    const settled = settledRows(rows)
    expect(settled.map(({ ended, started }) => ended - started)).toEqual([2, 3, 5])
    expect(settled.map(({ excess }) => excess)).toEqual([-7, 1, -2])
    // with another length the shape differs
    const longer = rows.map((row, i) => ({ ...row, item: { ...row.item, length: i } }))
    expect(settledRows(longer)).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { GAPS_MS, lengthGrid, roundOf, sizeGrid } from './script-plan.ts'

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

  test('a round has every cell once and four gaps, in another order each time', () => {
    const random = new Random('round')
    const rounds = Array.from({ length: 60 }, () => roundOf([1, 2, 4], [8, 16, 32], 1, random))
    for (const round of rounds) {
      const cells = round.filter(({ gapMs }) => gapMs === 0).map((c) => `${c.size}x${c.length}`)
      expect(new Set(cells).size).toBe(9)
      expect(cells.length).toBe(9)
      const gaps = round.filter(({ gapMs }) => gapMs > 0)
      expect(new Set(gaps.map(({ gapMs }) => gapMs)).size).toBe(4)
      expect(gaps.every(({ size, length }) => size === 1 && length === 16)).toBe(true)
      expect(round.every(({ executor }) => executor === 1)).toBe(true)
    }
    expect(rounds[0]).not.toEqual(rounds[1])
    const seen = new Set(rounds.flat().map(({ gapMs }) => gapMs))
    expect(seen).toEqual(new Set([0, ...GAPS_MS]))
  })
})

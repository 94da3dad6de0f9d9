import { describe, expect, test } from 'vitest'
import { Rate } from './rate.ts'
import type { Surge } from './surge.ts'

const NONE: Surge = { atMs: 0, factor: 2, riseMs: 0, holdMs: 0, decayMs: 0 }

describe('the rate', () => {
  test('steps hold until the next one; before the first the rate is 0', () => {
    const rate = new Rate({
      steps: [
        { atMs: 10, rate: 2 },
        { atMs: 20, rate: 5 },
      ],
    })
    expect([0, 9.9, 10, 19.9, 20, 1e9].map((t) => rate.at(t))).toEqual([0, 0, 2, 2, 5, 5])
    expect([0, 10, 20, 30].map((t) => rate.cumulative(t))).toEqual([0, 0, 20, 70])
  })

  test('a surge rises, holds and decays linearly', () => {
    const surge = { atMs: 100, factor: 3, riseMs: 10, holdMs: 20, decayMs: 40 }
    const rate = new Rate({ steps: [{ atMs: 0, rate: 2 }], surges: [surge] })
    const times = [99, 100, 105, 110, 130, 140, 150, 170, 999]
    const expected = [2, 2, 4, 6, 6, 5, 4, 2, 2]
    times.forEach((t, i) => {
      expect(rate.at(t)).toBeCloseTo(expected[i]!, 9)
    })
    // 2 a ms, and 4 more for half of rise and decay and the whole hold
    expect(rate.cumulative(170)).toBeCloseTo(2 * 170 + 4 * (5 + 20 + 20), 9)
  })

  test('a surge without rise and decay is a jump', () => {
    const rate = new Rate({
      steps: [{ atMs: 0, rate: 1 }],
      surges: [{ ...NONE, atMs: 10, holdMs: 5, factor: 6 }],
    })
    expect([9.999, 10, 14.999, 15].map((t) => rate.at(t))).toEqual([1, 6, 6, 1])
  })

  test('overlapping surges add up', () => {
    const surges = [
      { ...NONE, atMs: 0, holdMs: 10, factor: 3 },
      { ...NONE, atMs: 5, holdMs: 10, factor: 1.5 },
    ]
    const rate = new Rate({ steps: [{ atMs: 0, rate: 2 }], surges })
    expect([2, 7, 12, 20].map((t) => rate.at(t))).toEqual([6, 7, 3, 2])
  })

  test('overlapping dips stop at 0, also between breakpoints', () => {
    const dips = [1, 2].map(() => ({ ...NONE, factor: 0.25, riseMs: 3, holdMs: 2, decayMs: 3 }))
    const rate = new Rate({ steps: [{ atMs: 0, rate: 2 }], surges: dips })
    // 1 - 1.5 t / 3 is 0 after 2 ms, and 0 again 2 ms before the end of the decay
    expect(rate.at(1)).toBeCloseTo(1, 9)
    expect([2.5, 4, 5.5].map((t) => rate.at(t))).toEqual([0, 0, 0])
    expect(rate.cumulative(8)).toBeCloseTo(4, 9)
    expect(rate.inverse(1.999_999)).toBeLessThan(2)
    expect(rate.inverse(2.000_001)).toBeGreaterThan(6)
  })

  test('breakpoints that differ only by rounding are one', () => {
    const surges = [
      { ...NONE, atMs: 1.1, riseMs: 2.2 },
      { ...NONE, atMs: 3.3, holdMs: 1 },
    ]
    const rate = new Rate({ steps: [{ atMs: 0, rate: 2 }], surges })
    // 1.1 + 2.2 is one rounding above 3.3
    for (const t of [3.3, 1.1 + 2.2]) {
      expect(rate.cumulative(t)).toBeCloseTo(2 * 3.3 + 2.2, 9)
      expect(rate.at(t)).toBe(4)
    }
    expect(rate.cumulative(4.3)).toBeCloseTo(2 * 4.3 + 2.2 + 2, 5)
  })
})

describe('the inverse', () => {
  const gap = [
    { atMs: 0, rate: 1 },
    { atMs: 10, rate: 0 },
    { atMs: 20, rate: 1 },
  ]

  test('skips an interval without arrivals', () => {
    const rate = new Rate({ steps: gap })
    expect([9.5, 10, 10.5, 12].map((sum) => rate.inverse(sum))).toEqual([9.5, 10, 20.5, 22])
  })

  test('begins after a first interval without arrivals', () => {
    const rate = new Rate({ steps: gap.slice(1) })
    expect(rate.inverse(0)).toBe(10)
    expect([0.5, 1].map((sum) => rate.inverse(sum))).toEqual([20.5, 21])
  })

  test('is Infinity when no arrivals are left', () => {
    const rate = new Rate({ steps: gap.slice(0, 2) })
    expect([10, 10.001, 11].map((sum) => rate.inverse(sum))).toEqual([10, Infinity, Infinity])
    expect(new Rate({ steps: [{ atMs: 0, rate: 0 }] }).inverse(1)).toBe(Number.POSITIVE_INFINITY)
  })

  test('reaches the end of a decay to 0', () => {
    const dips = [1, 2].map(() => ({ ...NONE, factor: 0.5, riseMs: 4, holdMs: 10, decayMs: 4 }))
    const rate = new Rate({ steps: [{ atMs: 0, rate: 1 }], surges: dips })
    expect(rate.cumulative(4)).toBeCloseTo(2, 12)
    expect(rate.inverse(1.5)).toBeCloseTo(2, 9)
    expect(rate.inverse(2)).toBeCloseTo(4, 9)
    expect(rate.inverse(2.5)).toBeCloseTo(16, 9)
  })
})

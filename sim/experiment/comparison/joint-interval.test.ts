import { describe, expect, test } from 'vitest'
import { endFactors, isBeyond, jointDifference, widenedBy } from './joint-interval.ts'

const figure = (value: number, low: number | null, high: number | null) => ({ value, low, high })

describe('the difference of two figures on the log scale', () => {
  test('has half-widths of both sides, added in squares in each direction', () => {
    const { value, low, high } = jointDifference(figure(6, 4, 24), figure(2, 1, 6))!
    expect(value).toBeCloseTo(Math.log(3), 12)
    expect(value - low).toBeCloseTo(Math.hypot(Math.log(1.5), Math.log(3)), 12)
    expect(high - value).toBeCloseTo(Math.hypot(Math.log(4), Math.log(2)), 12)
  })

  test('has the width of one side where the other has none', () => {
    const { low, high } = jointDifference(figure(3, 3, 3), figure(1, 0.5, 2))!
    expect([low, high]).toEqual([Math.log(1.5), Math.log(6)].map((x) => expect.closeTo(x, 12)))
  })

  test('has infinite ends where an interval has none, or one that is no number above 0', () => {
    const exact = figure(1, 1, 1)
    for (const end of [null, Number.NaN, 0, -1]) {
      expect(jointDifference(figure(9, end, 9), exact)).toMatchObject({
        low: Number.NEGATIVE_INFINITY,
        high: expect.closeTo(Math.log(9), 12),
      })
    }
    for (const end of [null, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(jointDifference(figure(9, 9, end), exact)!.high).toBe(Number.POSITIVE_INFINITY)
    }
  })

  test('is none where a figure is none above 0', () => {
    const exact = figure(1, 1, 1)
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(jointDifference(figure(value, 1, 1), exact)).toBeNull()
      expect(jointDifference(exact, figure(value, 1, 1))).toBeNull()
    }
    expect(jointDifference({ value: null, low: null, high: null }, exact)).toBeNull()
  })
})

describe('a difference is beyond a tolerance', () => {
  const difference = (low: number, high: number) => ({ value: (low + high) / 2, low, high })

  test('where all of its interval is, on either side', () => {
    expect(isBeyond(difference(Math.log(1.051), 9), 0.05)).toBe(true)
    expect(isBeyond(difference(Math.log(1.049), 9), 0.05)).toBe(false)
    expect(isBeyond(difference(-9, Math.log(0.949)), 0.05)).toBe(true)
    expect(isBeyond(difference(-9, Math.log(0.951)), 0.05)).toBe(false)
  })

  test('never where nothing is known', () => {
    expect(isBeyond(null, 0.05)).toBe(false)
    expect(isBeyond(difference(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), 0)).toBe(false)
    expect(isBeyond(difference(Number.NaN, Number.NaN), 0.05)).toBe(false)
    expect(isBeyond(difference(9, 9), Number.NaN)).toBe(false)
  })

  test('only above where the tolerance is 100 % or more: no figure is that much smaller', () => {
    expect(isBeyond(difference(-9, -8), 1)).toBe(false)
    expect(isBeyond(difference(-9, -8), 0.99)).toBe(true)
    expect(isBeyond(difference(1, 9), 1)).toBe(true)
  })
})

describe('further sources of width', () => {
  test('are added in squares to an interval, in each direction', () => {
    const { low, high } = widenedBy(figure(2, 1, 4), [
      { low: 1 / 3, high: 1 },
      { low: 0.5, high: 1.5 },
    ])
    expect(Math.log(2 / low!) ** 2).toBeCloseTo(2 * Math.log(2) ** 2 + Math.log(3) ** 2, 12)
    expect(Math.log(high! / 2) ** 2).toBeCloseTo(Math.log(2) ** 2 + Math.log(1.5) ** 2, 12)
  })

  test('leave an end open where one of them has no limit', () => {
    expect(widenedBy(figure(2, 1, 4), [{ low: 0, high: Number.POSITIVE_INFINITY }])).toEqual({
      low: null,
      high: null,
    })
    expect(widenedBy(figure(2, null, 4), [{ low: 1, high: 1 }])).toEqual({
      low: null,
      high: expect.closeTo(4, 12),
    })
  })

  test('are of the replications that have the figure, and without any limit where none has', () => {
    const none = Number.NaN
    expect(
      endFactors(
        [1, none, 2],
        [
          [2, 5, 4],
          [1, none, none],
        ],
      ),
    ).toEqual({
      low: 1,
      high: expect.closeTo(2, 12),
    })
    expect(
      endFactors(
        [1, 2],
        [
          [none, none],
          [1, 2],
        ],
      ),
    ).toEqual({
      low: 0,
      high: Number.POSITIVE_INFINITY,
    })
  })

  test('are the factors from a figure to its ends, the geometric mean over replications', () => {
    const factors = endFactors(
      [1, 4, 9],
      [
        [2, 2],
        [1, 4, 9],
      ],
    )
    expect(factors).toEqual({ low: 1, high: expect.closeTo(1, 12) })
    expect(
      endFactors(
        [1, 4],
        [
          [2, 18],
          [0.5, 2],
        ],
      ),
    ).toEqual({
      low: expect.closeTo(0.5, 12),
      high: expect.closeTo(3, 12),
    })
  })
})

import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { clopperPearson, meanWithError, tInterval } from './interval.ts'

describe('tInterval', () => {
  test('is mean +- t s / sqrt(n)', () => {
    const { value, low, high } = tInterval([1, 2, 3, 4, 5])
    expect(value).toBe(3)
    // s = sqrt(2.5), t_4 = 2.776445
    expect(low).toBeCloseTo(3 - 2.7764451051977987 * Math.sqrt(0.5), 9)
    expect(high).toBeCloseTo(3 + 2.7764451051977987 * Math.sqrt(0.5), 9)
    expect(meanWithError([1, 2, 3, 4, 5]).standardError).toBeCloseTo(Math.sqrt(0.5), 12)
  })

  test('widens with the level', () => {
    const values = [3, 1, 4, 1, 5]
    expect(tInterval(values, 0.99).high!).toBeGreaterThan(tInterval(values, 0.9).high!)
  })

  test('a single value has no interval', () => {
    expect(tInterval([7])).toEqual({ value: 7, low: null, high: null })
    expect(tInterval([])).toEqual({ value: Number.NaN, low: null, high: null })
  })

  test('infinite values have no interval', () => {
    const infinite = Number.POSITIVE_INFINITY
    expect(tInterval([1, infinite])).toEqual({ value: infinite, low: null, high: null })
  })

  test('has width 0 where all values are equal, whatever their sum is rounded to', () => {
    for (const value of [0.1, 1 / 3, 12.345]) {
      expect(tInterval(Array(7).fill(value))).toEqual({ value, low: value, high: value })
    }
  })
})

describe('clopperPearson', () => {
  // SciPy 1.17.1, stats.beta.ppf
  test.each([
    [0, 10, 0, 0.3084971078187607],
    [10, 10, 0.6915028921812392, 1],
    [3, 10, 0.06673951117773447, 0.6524528500599973],
    [1, 2000, 1.2658823868557889e-5, 0.0027826398346589465],
    [1900, 2000, 0.9395182779168482, 0.9591357322817486],
    [499, 1000, 0.4675521862537382, 0.5304537166614578],
  ])('%i of %i runs give %f to %f', (k, n, low, high) => {
    const interval = clopperPearson(k, n)
    expect(interval.value).toBe(k / n)
    expect(interval.low).toBeCloseTo(low, 10)
    expect(interval.high).toBeCloseTo(high, 10)
  })

  test('covers the true share at least as often as its level', () => {
    const random = seedrandom.alea('clopper-pearson')
    let covered = 0
    for (let trial = 0; trial < 2000; trial++) {
      let k = 0
      for (let i = 0; i < 60; i++) if (random() < 0.1) k++
      const { low, high } = clopperPearson(k, 60)
      if (low! <= 0.1 && 0.1 <= high!) covered++
    }
    expect(covered / 2000).toBeGreaterThan(0.95)
  })

  test('no trials give no interval', () => {
    expect(clopperPearson(0, 0)).toEqual({ value: Number.NaN, low: null, high: null })
  })
})

import { describe, expect, test } from 'vitest'
import { Histogram } from './histogram.ts'

const histogramOf = (...values: number[]) => {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

describe('Histogram', () => {
  test('an empty one has no mean and no quantile', () => {
    const empty = new Histogram()
    expect(empty.count).toBe(0)
    expect(empty.mean).toBeNaN()
    expect(empty.quantile(0.5)).toBeNaN()
  })

  test('count, sum, mean and both ends are exact', () => {
    const histogram = histogramOf(3, 1.7, 0.123456789, 250)
    expect(histogram).toMatchObject({ count: 4, min: 0.123456789, max: 250 })
    expect(histogram.sum).toBe(3 + 1.7 + 0.123456789 + 250)
    expect(histogram.mean).toBe(histogram.sum / 4)
    expect(histogram.quantile(0)).toBe(0.123456789)
    expect(histogram.quantile(1)).toBe(250)
  })

  test('zeros stay exactly zero', () => {
    expect(histogramOf(0, 0, 0, 0, 5).quantile(0.5)).toBe(0)
  })

  test('values beyond the range keep their order, and both ends stay exact', () => {
    const histogram = histogramOf(1e-9, 1e-9, 1, 1e12, 1e13)
    expect(histogram.quantile(0)).toBe(1e-9)
    expect(histogram.quantile(0.4)).toBeLessThan(1e-6)
    expect(histogram.quantile(0.8)).toBeGreaterThan(9e8)
    expect(histogram.quantile(1)).toBe(1e13)
  })

  test('ranks within a bucket are interpolated', () => {
    const histogram = new Histogram()
    for (let i = 0; i < 1000; i++) histogram.record(64 + (i + 0.5) / 2000)
    for (const q of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      expect(Math.abs(histogram.quantile(q) - (64 + q / 2))).toBeLessThan(0.001)
    }
  })

  test('lost requests count as infinitely long', () => {
    const histogram = histogramOf(1, 2, 3)
    expect(histogram.quantile(0.75, 1)).toBe(3)
    expect(histogram.quantile(0.76, 1)).toBe(Number.POSITIVE_INFINITY)
    expect(new Histogram().quantile(0.5, 7)).toBe(Number.POSITIVE_INFINITY)
  })

  test('counts what is at a limit or above, exactly but within the bucket of the limit', () => {
    const histogram = histogramOf(1, 2, 3, 4, 100)
    expect([0, 1, 1.5, 2.5, 50, 101].map((ms) => histogram.countFrom(ms))).toEqual([
      5, 5, 4, 3, 1, 0,
    ])
    // the limit itself counts, and all of one value are on one side of it
    expect([3, 3.0001].map((ms) => histogramOf(3, 3, 3).countFrom(ms))).toEqual([3, 0])
    const large = new Histogram()
    for (let i = 0; i < 10_000; i++) large.record(1 + i / 10_000)
    expect(Math.abs(large.countFrom(1.5) - 5000)).toBeLessThan(2)
    expect(new Histogram().countFrom(5)).toBe(0)
  })

  test('reset removes everything', () => {
    const histogram = histogramOf(1, 2, 3)
    histogram.reset()
    histogram.record(7)
    expect(histogram).toMatchObject({ count: 1, sum: 7, min: 7, max: 7 })
    expect(histogram.quantile(0.5)).toBe(7)
  })

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('%s is rejected as a duration', (ms) => {
    expect(() => new Histogram().record(ms)).toThrow('Expected a finite duration')
  })
})

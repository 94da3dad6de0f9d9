import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'
import { percentile } from './percentile.ts'

/** Durations over the whole range, evenly in their logarithm; some are zero, some equal. */
const duration = fc.oneof(
  fc.double({ min: Math.log(1e-6), max: Math.log(1e9), noNaN: true }).map(Math.exp),
  fc.integer({ min: 0, max: 20 }),
)
const durations = fc.array(duration, { minLength: 1, maxLength: 400 })
const probability = fc.double({ min: 0, max: 1, noNaN: true })

function of(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

test('quantiles are within 0.8 % of the exact ones', () => {
  fc.assert(
    fc.property(durations, probability, fc.nat(50), (values, q, lost) => {
      const exact = percentile(Float64Array.from(values).sort(), q, lost)
      const estimate = of(values).quantile(q, lost)
      if (exact === Number.POSITIVE_INFINITY) expect(estimate).toBe(exact)
      else expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(0.008 * exact)
    }),
  )
})

test('quantiles rise with q, between the least and the largest value', () => {
  fc.assert(
    fc.property(durations, fc.array(probability, { minLength: 2 }), (values, qs) => {
      const histogram = of(values)
      let before = histogram.min
      for (const q of qs.sort((a, b) => a - b)) {
        const quantile = histogram.quantile(q)
        expect(quantile).toBeGreaterThanOrEqual(before)
        before = quantile
      }
      expect(before).toBeLessThanOrEqual(histogram.max)
    }),
  )
})

test('merging equals recording everything in one', () => {
  fc.assert(
    fc.property(durations, durations, fc.array(probability), (a, b, qs) => {
      const merged = of(a)
      merged.merge(of(b))
      const together = of([...a, ...b])
      expect(merged).toMatchObject({
        count: together.count,
        min: together.min,
        max: together.max,
      })
      expect(Math.abs(merged.sum - together.sum)).toBeLessThanOrEqual(1e-12 * together.sum)
      for (const q of qs) expect(merged.quantile(q)).toBe(together.quantile(q))
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentile } from '../intervals/percentile.ts'
import { EndedRequests } from './columns.ts'
import { Histogram } from './histogram.ts'

/** Durations over the whole range, uniform in their logarithm; some are zero, some equal. */
const duration = fc.oneof(
  fc.double({ min: Math.log(1e-6), max: Math.log(1e9), noNaN: true }).map(Math.exp),
  fc.integer({ min: 0, max: 20 }),
)
const durations = fc.array(duration, { minLength: 1, maxLength: 400 })
const probability = fc.double({ min: 0, max: 1, noNaN: true })

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

test('quantiles are within 0.8 % of the exact ones', () => {
  fc.assert(
    fc.property(durations, probability, fc.nat(50), (values, q, lost) => {
      const exact = percentile(Float64Array.from(values).sort(), q, lost)
      const estimate = histogramOf(values).quantile(q, lost)
      if (exact === Number.POSITIVE_INFINITY) expect(estimate).toBe(exact)
      else expect(Math.abs(estimate - exact)).toBeLessThanOrEqual(0.008 * exact)
    }),
  )
})

test('quantiles rise with q, between the least and the largest value', () => {
  fc.assert(
    fc.property(durations, fc.array(probability, { minLength: 2 }), (values, qs) => {
      const histogram = histogramOf(values)
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

test('merging equals recording everything in one histogram', () => {
  fc.assert(
    fc.property(durations, durations, fc.array(probability), (a, b, qs) => {
      const merged = histogramOf(a)
      merged.merge(histogramOf(b))
      const together = histogramOf([...a, ...b])
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

test('a run of durations is recorded as if one by one', () => {
  const ms = fc.double({ min: 1e-3, max: 1e3, noNaN: true })
  const steps = fc.integer({ min: 1, max: 500 })
  fc.assert(
    fc.property(ms, ms, steps, fc.integer({ min: 1, max: 40 }), (a, b, length, count) => {
      const [from, to] = length === 1 ? [a, a] : [Math.min(a, b), Math.max(a, b)]
      const run = new Histogram()
      run.recordRun(from, to, length, count)
      const single = new Histogram()
      for (let step = 0; step < length; step++) {
        const duration = length === 1 ? from : from + (step * (to - from)) / (length - 1)
        for (let i = 0; i < count; i++) single.record(duration)
      }
      expect([run.count, run.min, run.max]).toEqual([single.count, from, to])
      expect(run.mean).toBeCloseTo(single.mean, 8)
      // a duration on the edge of a bin may be counted in either
      for (const q of [0.01, 0.3, 0.5, 0.9, 1]) {
        expect(Math.abs(run.quantile(q) / single.quantile(q) - 1)).toBeLessThan(1 / 64)
      }
    }),
  )
})

test('rows of a column are recorded as their durations one by one are, to the last digit', () => {
  fc.assert(
    fc.property(durations, fc.infiniteStream(fc.boolean()), (values, picks) => {
      const { latency } = new EndedRequests()
      latency.values.set(values)
      const rows = Int32Array.from(values.flatMap((_, row) => (picks.next().value ? row : [])))
      const [from, to] = [Math.floor(rows.length / 4), rows.length]
      const histogram = new Histogram()
      histogram.recordRows(latency, rows, from, to)
      expect(histogram).toEqual(
        histogramOf(Array.from(rows.subarray(from, to), (row) => values[row]!)),
      )
      const filled = histogramOf(values)
      filled.recordRows(latency, rows, from, to)
      expect(filled.count).toBe(values.length + to - from)
    }),
  )
})

test('a row that is no duration is refused', () => {
  const rows = Int32Array.of(0, 1, 2)
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const { latency } = new EndedRequests()
    latency.values.set([2, wrong, 5])
    expect(() => new Histogram().recordRows(latency, rows, 0, 3)).toThrow('Expected a finite')
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { Correlation } from '../lengths/correlation.ts'
import { LengthStatistics } from './length-statistics.ts'
import { RateSeries } from './rate-series.ts'
import { StreamingSummary } from './streaming-summary.ts'
import { TraceTally, traceStatistics } from './trace-statistics.ts'
import { WindowCounts } from './window-counts.ts'

const rows = fc.array(fc.tuple(fc.nat(400), fc.nat(50), fc.nat(9)), {
  minLength: 2,
  maxLength: 120,
})

function sample(drawn: readonly (readonly [number, number, number])[]) {
  let now = 0
  const times = Float64Array.from(drawn, ([gap]) => (now += gap))
  return { times, lengths: drawn.map(([, n]) => n), outputs: drawn.map(([, , m]) => m) }
}

test('rows in pieces have the statistics of all rows at once', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 9 }), (drawn, size) => {
      const { times, lengths, outputs } = sample(drawn)
      const tally = new TraceTally()
      for (let from = 0; from < times.length; from += size) {
        const to = from + size
        tally.add({
          times: times.subarray(from, to),
          lengths: lengths.slice(from, to),
          outputs: outputs.slice(from, to),
        })
      }
      expect(tally.statistics()).toEqual(traceStatistics({ times, lengths, outputs }))
    }),
  )
})

test('windows match a list of all counts', () => {
  fc.assert(
    fc.property(rows, (drawn) => {
      const { times } = sample(drawn)
      const since = times.map((time) => time - times[0]!)
      const windows = new WindowCounts(0.1)
      for (const time of since) windows.add(time)
      const tally = windows.statistics(since.at(-1)!)
      const counts = new Float64Array(Math.floor(since.at(-1)! / 100))
      for (const time of since) if (time < 100 * counts.length) counts[Math.floor(time / 100)]!++
      expect(tally === null).toBe(counts.length < 2)
      if (tally === null) return
      const mean = counts.reduce((a, b) => a + b) / counts.length
      const variance = counts.reduce((a, b) => a + (b - mean) ** 2, 0) / counts.length
      expect(tally.windows).toBe(counts.length)
      expect(tally.mean).toBeCloseTo(mean, 9)
      expect(tally.peak).toBe(Math.max(...counts))
      expect(tally.peak_at_s).toBe((100 * counts.indexOf(tally.peak)) / 1000)
      expect(tally.dispersion).toBeCloseTo(variance / mean, 9)
      expect(tally.idle_share).toBe(counts.filter((n) => n === 0).length / counts.length)
    }),
  )
})

describe('StreamingSummary', () => {
  const values = fc.array(fc.nat(30), { minLength: 1, maxLength: 60 })

  test('has the quantiles of the sorted values, also for few distinct ones', () => {
    fc.assert(
      fc.property(values, (drawn) => {
        const spread = new StreamingSummary()
        for (const value of drawn) spread.add(value)
        const sorted = drawn.toSorted((a, b) => a - b)
        const levels = [0, 0.1, 0.25, 0.5, 0.77, 0.99, 1]
        const expected = levels.map((p) => {
          const at = p * (sorted.length - 1)
          const low = sorted[Math.floor(at)]!
          const high = sorted[Math.min(Math.floor(at) + 1, sorted.length - 1)]!
          return low + (at - Math.floor(at)) * (high - low)
        })
        spread.quantiles(levels).forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i]!, 9)
        })
        const mean = drawn.reduce((a, b) => a + b, 0) / drawn.length
        expect(spread.mean).toBeCloseTo(mean, 9)
        expect(spread.variance).toBeCloseTo(
          drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length,
          9,
        )
      }),
    )
  })

  test('with too many values has a known error, and stays within it', () => {
    const random = stream(1, 0, 'spread')
    const drawn = Float64Array.from({ length: 50_000 }, () => 1000 * random.exponential())
    const [exact, binned] = [new StreamingSummary(), new StreamingSummary(1000)]
    for (const value of drawn) {
      exact.add(value)
      binned.add(value)
    }
    expect([exact.error, binned.error]).toEqual([0, 0.0079])
    const levels = [0.01, 0.5, 0.9, 0.99, 0.999]
    const near = binned.quantiles(levels)
    exact.quantiles(levels).forEach((value, i) => {
      // the two definitions of a quantile differ by less than a gap between values
      expect(Math.abs(near[i]! / value - 1)).toBeLessThan(0.0079 + 0.001)
    })
    expect(binned.cv).toBe(exact.cv)
  })
})

test('a correlation of values far from zero does not cancel', () => {
  const pairs = new Correlation()
  for (let i = 0; i < 1000; i++) pairs.add(1e9 + i, 1e9 - 2 * i)
  expect(pairs.coefficient()).toBeCloseTo(-1, 9)
})

test('the rate over time adds up to the arrivals, in at most 600 bins', () => {
  for (const seconds of [5, 61, 3600, 1e6]) {
    const series = new RateSeries()
    const n = 20_000
    for (let i = 0; i <= n; i++) series.add((1000 * seconds * i) / n)
    const { bin_s, rps } = series.rates()
    expect(rps.length).toBeLessThanOrEqual(600)
    if (seconds > 60) expect(rps.length).toBeGreaterThanOrEqual(299)
    const sum = rps.reduce((a, b) => a + b * bin_s, 0)
    expect(Math.abs(sum / n - 1)).toBeLessThan(0.05)
  }
})

test('lengths fall into bins whose shares add up to 1, with zeros in a separate one', () => {
  const statistics = new LengthStatistics()
  for (const length of [0, 0, 1, 2, 3, 1000, 2 ** 31 - 1]) statistics.add(length)
  const { shares } = statistics.summary()
  expect(shares[0]).toEqual({ from: 0, to: 1, share: 2 / 7 })
  expect(shares.at(-1)!.from).toBeLessThan(2 ** 31)
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
  const holding = shares.find(({ from, to }) => from <= 1000 && 1000 < to)
  expect(holding!.share).toBeCloseTo(1 / 7, 12)
})

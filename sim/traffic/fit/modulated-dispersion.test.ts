import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { meanWithError } from '../../stats/index.ts'
import { RenewalArrivals } from '../arrivals/arrivals.ts'
import { gapsOf } from '../arrivals/gaps.ts'
import { ModulatedTime } from '../arrivals/modulation.ts'
import { Rate } from '../arrivals/rate.ts'
import { traceStatistics } from '../trace/trace-statistics.ts'
import { productStates } from './fit-modulation.ts'
import { dispersionOf, type RateFactor, type SteppedRate } from './modulated-dispersion.ts'

type Modulated = SteppedRate & { readonly factors: readonly RateFactor[] }

const FACTORS = [
  { variance: 0.5, scaleMs: 30 },
  { variance: 2, scaleMs: 400 },
]

const expectedDispersion = (rate: Modulated, windowMs: number) =>
  dispersionOf(rate, windowMs)(rate.factors)

/** Dispersions of one run in windows of 0.1, 1 and 10 s. */
function dispersions(rate: Modulated, run: number): number[] {
  const { mean, steps, durationMs, factors } = rate
  const base = new Rate({
    steps: steps.map((step, i) => ({ atMs: (i * durationMs) / steps.length, rate: mean * step })),
  })
  const time = new ModulatedTime(base, productStates(factors), new Random(`m${run}`), durationMs)
  const gap = gapsOf({ process: 'poisson' }, new Random(`g${run}`))
  const arrivals = new RenewalArrivals(gap, time, durationMs)
  // rows at both ends, so that windows cover the whole duration
  const times = [0]
  for (let t = arrivals.next(); t !== Number.POSITIVE_INFINITY; t = arrivals.next()) times.push(t)
  times.push(durationMs)
  const { windows } = traceStatistics({
    times: Float64Array.from(times),
    lengths: null,
    outputs: null,
  })
  return [0.1, 1, 10].map((s) => windows.find(({ window_s }) => window_s === s)!.dispersion)
}

describe('expected dispersion', () => {
  test('of an on-off process over an infinite time matches theory', () => {
    // 20 ms on and 60 ms off on average, 1/ms: see the covariance in modulation.test.ts
    const decay = 1 / 20 + 1 / 60
    const rate = {
      mean: 1,
      durationMs: 1e12,
      steps: [1],
      factors: [{ variance: 3, scaleMs: 1 / decay }],
    }
    const factor = (1 - (1 - Math.exp(-decay * 50)) / (decay * 50)) / decay
    expect(expectedDispersion(rate, 50)).toBeCloseTo(1 + 6 * factor, 6)
  })

  test('of a rate without factors and steps is 1, less the part common to whole windows', () => {
    const rate = { mean: 0.1, durationMs: 100_000, steps: [1], factors: [] }
    expect(expectedDispersion(rate, 100)).toBeCloseTo(0.999, 12)
    expect(expectedDispersion(rate, 10_000)).toBeCloseTo(0.9, 12)
  })

  test('of steps is the variance of their counts over their mean', () => {
    // 5 and 15 a window: 1 + 25 / 10, less the common part
    const rate = { mean: 0.01, durationMs: 100_000, steps: [0.5, 1.5], factors: [] }
    expect(expectedDispersion(rate, 1000)).toBeCloseTo(1 + 2.5 - 0.01, 12)
  })

  test.each([
    ['constant', [1]],
    ['in steps', [0.4, 0.9, 1.7]],
  ])('matches simulated runs, rate %s, |z| <= 4', (_, steps) => {
    const rate = { mean: 0.02, durationMs: 120_000, steps, factors: FACTORS }
    const runs = Array.from({ length: 400 }, (_, run) => dispersions(rate, run))
    for (const [i, windowMs] of [100, 1000, 10_000].entries()) {
      const { mean, standardError } = meanWithError(runs.map((run) => run[i]!))
      const theory = expectedDispersion(rate, windowMs)
      expect(Math.abs(mean - theory) / standardError).toBeLessThanOrEqual(4)
      expect(standardError / theory).toBeLessThan(0.03)
      // negative control: one factor fewer does not match
      const less = expectedDispersion({ ...rate, factors: FACTORS.slice(0, 1) }, windowMs)
      expect(Math.abs(mean - less) / standardError).toBeGreaterThan(4)
    }
  })
})

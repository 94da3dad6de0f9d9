import { describe, expect, test } from 'vitest'
import { type Random, stream } from '../../kernel/index.ts'
import { Histogram } from '../recording/histogram.ts'
import { judgedFigures } from '../recording/recorder-summary.ts'
import { exceedance, exceedanceOf, type RunTail } from './exceedance.ts'
import { clopperPearson } from './interval.ts'

/** Times of one run from a source, as objectives judge them. */
function tailOf(times: Iterable<number>, percentile: number, limitMs: number): RunTail {
  const histogram = new Histogram()
  for (const ms of times) histogram.record(ms)
  return judgedFigures(histogram, 0, [{ percentile, limitMs }])[0]!.tail!
}

describe('the share beyond a limit', () => {
  const even = (n: number, beyond: number): RunTail => ({
    n,
    beyond,
    values: [9, 8, 7, 6, 5, 4],
  })

  test('of independent requests has the bounds of Clopper and Pearson, widened to t', () => {
    const estimate = exceedance([even(1000, 0), even(1000, 0), even(1000, 0)], 0.99)!
    expect(estimate).toMatchObject({ value: 0, low: 0, n: 3000, designEffect: 1 })
    expect(estimate.high).toBeGreaterThan(clopperPearson(0, 3000).high!)
    const manyRuns = exceedanceOf({ n: 3000, beyond: 12, designEffect: 1, runs: 1e6 })
    const { low, high } = clopperPearson(12, 3000)
    expect(manyRuns.low).toBeCloseTo(low!, 6)
    expect(manyRuns.high).toBeCloseTo(high!, 6)
  })

  test('has the confidence of its bounds', () => {
    const estimate = exceedanceOf({ n: 4000, beyond: 25, designEffect: 3, runs: 8 })
    expect(estimate.confidence(estimate.high).below).toBeCloseTo(0.975, 6)
    expect(estimate.confidence(estimate.low).above).toBeCloseTo(0.975, 6)
    expect(estimate.confidence(0.0001).below).toBeLessThan(1e-3)
    const none = exceedanceOf({ n: 4000, beyond: 0, designEffect: 1, runs: 8 })
    expect(none.confidence(0.01)).toEqual({ below: expect.closeTo(1, 6), above: 0 })
    const allBeyond = exceedanceOf({ n: 40, beyond: 40, designEffect: 1, runs: 8 })
    expect(allBeyond).toMatchObject({ value: 1, high: 1 })
    expect(allBeyond.confidence(0.5).below).toBe(0)
  })

  test('of clusters counts as many requests as there are clusters', () => {
    // all that are late are in one run of ten
    const runs = Array.from({ length: 10 }, (_, i) => even(1000, i === 0 ? 50 : 0))
    const { designEffect, value, low, high } = exceedance(runs, 0.99)!
    expect(value).toBe(0.005)
    // the variance of 0, …, 0, 50 is 250, and 1,000 x 0.005 x 0.995 is 4.975
    expect(designEffect).toBeCloseTo(250 / 4.975, 6)
    expect(low).toBeLessThan(0.0005)
    expect(high).toBeGreaterThan(0.02)
  })

  test('takes clusters from lower levels where nothing is beyond the limit', () => {
    const random = stream(1, 0, 'days')
    const days = (spread: number) =>
      Array.from({ length: 10 }, (_, i) => {
        const scale = 1 + (spread * (i - 4.5)) / 4.5
        return tailOf(exponentials(random, 1000, scale), 0.99, 1000)
      })
    const alikeDays = exceedance(days(0), 0.99)!
    const unequalDays = exceedance(days(0.5), 0.99)!
    expect([alikeDays.value, unequalDays.value]).toEqual([0, 0])
    expect(unequalDays.designEffect).toBeGreaterThan(5 * alikeDays.designEffect)
    expect(unequalDays.high).toBeGreaterThan(2 * alikeDays.high)
  })

  test('is not told by runs that have hardly a request beyond any level', () => {
    expect(exceedance([even(5, 0), even(5, 0)], 0.99)).toBeNull()
    const never = Number.POSITIVE_INFINITY
    const lost = { n: 1000, beyond: 1000, values: Array(6).fill(never) }
    expect(exceedance([lost, lost], 0.99)).toBeNull()
  })
})

function* exponentials(random: Random, n: number, scale: number) {
  for (let i = 0; i < n; i++) yield scale * random.exponential()
}

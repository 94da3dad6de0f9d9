import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { shortRunWarnings, tooShort } from './short-runs.ts'

/** A run whose percentiles are all `factor` times those of the others. */
const latencyOf = (factor: number, n = 20_000) => ({
  n,
  mean: factor,
  percentiles: [1, 2, 3, 5, 9].map((value) => value * factor),
})
const scattered = (share: number, runs = 10) =>
  Array.from({ length: runs }, (_, i) => latencyOf(1 + share * (i % 2 === 0 ? 1 : -1)))

describe('runs are too short', () => {
  test('where the bias of the geometric mean is beyond a fifth of the standard error', () => {
    expect(tooShort(scattered(0.1))).toBeNull()
    const short = tooShort(scattered(0.25))!
    expect(short.scatter).toBeGreaterThan(0.25)
    // (0.27 sqrt(10) / 2 / 0.2)^2
    expect(short.times).toBeCloseTo(4.53, 1)
  })

  test('the sooner the more runs there are, as the standard error falls and the bias does not', () => {
    expect(tooShort(scattered(0.1, 40))).not.toBeNull()
  })

  test('never by p99.9, by a percentile that is not printed, or by one that is zero', () => {
    const runs = scattered(0.25).map(({ mean }, i) => ({
      n: 20_000,
      mean,
      percentiles: [1, 2, 3, 5, 9 * (1 + (i % 2))],
    }))
    expect(tooShort(runs)).toBeNull()
    expect(tooShort(scattered(0.25).map((run) => ({ ...run, n: 50 })))).toBeNull()
    expect(
      tooShort(scattered(0.25).map((run) => ({ ...run, percentiles: [0, 0, 0, 0, 0] }))),
    ).toBeNull()
  })
})

describe('a warning of short runs', () => {
  const runs = scattered(0.25).map((latency) => ({ classes: [{ latency }] }))
  const warnings = (
    own: object,
    stalls: { executors: number; dispatcher: number } | null = null,
  ) => {
    const arrivals = { process: 'poisson', rate_rps: 200, ...own }
    return shortRunWarnings(scenarioOf({ traffic: [{ class: 'web', arrivals }] }), runs, [
      { stalls },
    ])
  }

  test('names class, percentile, scatter and the duration that would do', () => {
    expect(warnings({})).toEqual([expect.stringMatching(/p50 differs by 27 %.*duration_s=\d+/)])
  })

  test('is not given where traffic changes over time or the speed is a recorded one', () => {
    expect(warnings({ surges: [{ at_s: 1, factor: 2, hold_s: 1 }] })).toEqual([])
    expect(warnings({}, { executors: 0, dispatcher: 0 })).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import {
  allRequests,
  asRecorded,
  BIAS_LEVELS,
  type Bias,
  ofSingleBatches,
  resampled,
  resamplingBias,
  stallFree,
} from '../tools/resampling/bias.ts'

/** The bars at p50, p90, p95 and p99; `npm run resampling` has more loads and more runs. */
const MOST = [0.005, 0.005, 0.01, 0.03]
/** An interval that is wider tells nothing. */
const WIDEST = [0.01, 0.02, 0.04, 0.08]
const NOISE_MS = 0.2

function expectUnbiased(biases: readonly Bias[], widest: readonly number[]) {
  biases.forEach(({ bias, halfWidth }, i) => {
    expect(halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(widest[i]!)
    expect(Math.abs(bias) - halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(MOST[i]!)
  })
}

describe('predictions from rehearsals are unbiased on a machine of known truth', () => {
  test.each([
    { load: 0.3, replicas: 1, runs: 30 },
    { load: 0.5, replicas: 2, runs: 40 },
  ])(
    'load $load, $replicas replicas; requests that met no stall scatter half as much at p99',
    (setting) => {
      const [everyRequest, free] = resamplingBias(
        setting,
        [resampled],
        [allRequests, stallFree],
      )[0]!
      expectUnbiased(everyRequest!, WIDEST)
      expectUnbiased(
        free!,
        WIDEST.map((most) => most / 2),
      )
      expect(free!.at(-1)!.halfWidth).toBeLessThan(everyRequest!.at(-1)!.halfWidth / 2)
    },
  )

  test('where the times of batches vary', () => {
    const setting = { load: 0.3, replicas: 1, runs: 40, noiseMs: NOISE_MS }
    const [free] = resamplingBias(setting, [resampled], [stallFree])[0]!
    expectUnbiased(
      free!,
      WIDEST.map((most) => most / 2),
    )
  })
})

describe('and biased', () => {
  test('where stalls come when they came: most find nothing to delay', () => {
    const setting = { load: 0.3, replicas: 1, runs: 60 }
    const [everyRequest] = resamplingBias(setting, [asRecorded], [allRequests])[0]!
    for (const [i, { bias, halfWidth }] of everyRequest!.entries()) {
      if (BIAS_LEVELS[i]! >= 0.95) expect(bias + halfWidth).toBeLessThan(-MOST[i]!)
    }
  })

  test('where the speed of a batch is that of the next one', () => {
    const setting = { load: 0.3, replicas: 1, runs: 40, noiseMs: NOISE_MS }
    const [free] = resamplingBias(setting, [ofSingleBatches], [stallFree])[0]!
    for (const [i, { bias, halfWidth }] of free!.entries()) {
      if (BIAS_LEVELS[i]! >= 0.9) expect(bias - halfWidth).toBeGreaterThan(MOST[i]!)
    }
  })
})

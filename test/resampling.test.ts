import { describe, expect, test } from 'vitest'
import {
  allRequests,
  asRecorded,
  BIAS_LEVELS,
  ofSingleBatches,
  resampled,
  resamplingBias,
  stallFree,
} from '../tools/resampling/bias.ts'

/** The bars at p50, p90, p95 and p99; `npm run resampling` has the runs to resolve them. */
const MOST = [0.005, 0.005, 0.01, 0.03]
/** An interval that is wider tells nothing. */
const WIDEST = [0.01, 0.02, 0.04, 0.08]

describe('predictions from rehearsals are unbiased on a machine of known truth', () => {
  test.each([
    { load: 0.3, replicas: 1, runs: 100 },
    { load: 0.7, replicas: 1, runs: 80 },
    { load: 0.5, replicas: 2, runs: 40 },
  ])('load $load, $replicas replicas', (of) => {
    const biases = resamplingBias(of)
    biases.forEach(({ bias, halfWidth }, i) => {
      expect(halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(WIDEST[i]!)
      expect(Math.abs(bias) - halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(MOST[i]!)
    })
  })

  test('and biased where stalls come when they came: most find nothing to delay', () => {
    const biases = resamplingBias({ load: 0.3, replicas: 1, runs: 100 }, asRecorded)
    for (const [i, { bias, halfWidth }] of biases.entries()) {
      if (BIAS_LEVELS[i]! >= 0.95) expect(bias + halfWidth).toBeLessThan(-MOST[i]!)
    }
  })
})

describe('requests that met no stall, on the same machine', () => {
  test.each([
    { load: 0.3, replicas: 1, runs: 50 },
    { load: 0.5, replicas: 2, runs: 40 },
  ])('are predicted without bias, and scatter half as much at p99: load $load', (of) => {
    const free = resamplingBias(of, resampled, stallFree)
    free.forEach(({ bias, halfWidth }, i) => {
      expect(halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(WIDEST[i]! / 2)
      expect(Math.abs(bias) - halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(MOST[i]!)
    })
    const all = resamplingBias(of, resampled, allRequests)
    expect(free.at(-1)!.halfWidth).toBeLessThan(all.at(-1)!.halfWidth / 2)
  })
})

describe('batches whose times vary, on the same machine', () => {
  const of = { load: 0.3, replicas: 1, runs: 40, noiseMs: 0.2 }

  test('are predicted without bias', () => {
    for (const [i, { bias, halfWidth }] of resamplingBias(of, resampled, stallFree).entries()) {
      expect(halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(WIDEST[i]! / 2)
      expect(Math.abs(bias) - halfWidth, `p${100 * BIAS_LEVELS[i]!}`).toBeLessThan(MOST[i]!)
    }
  })

  test('and too long where the speed of a batch is that of the next one', () => {
    const biases = resamplingBias(of, ofSingleBatches, stallFree)
    for (const [i, { bias, halfWidth }] of biases.entries()) {
      if (BIAS_LEVELS[i]! >= 0.9) expect(bias - halfWidth).toBeGreaterThan(MOST[i]!)
    }
  })
})

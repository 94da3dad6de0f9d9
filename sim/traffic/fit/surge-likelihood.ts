/** A rate of `base + extra * height`, in requests a bin. */
export interface SurgeRate {
  readonly base: number
  readonly extra: number
  readonly log: number
  /** requests by bin */
  readonly expected: Float64Array
}

/** Log-likelihood of Poisson counts, without the terms that depend on the counts alone. */
export function logLikelihood(counts: Float64Array, expected: (i: number) => number): number {
  let log = 0
  for (let i = 0; i < counts.length; i++) {
    const mean = expected(i)
    log -= mean
    if (counts[i]! > 0) log += counts[i]! * Math.log(mean)
  }
  return log
}

const MOST_ROUNDS = 200
const STILL = 1e-7
/** A flat rate of less than this share of the peak is silence: no factor leads from it up. */
const LEAST_BASE = 1e-3

/**
 * The likeliest base and extra rate for given heights of a surge, by expectation maximisation: each
 * request is of the base or of the surge (Dempster, Laird and Rubin 1977). Null where there is no
 * surge, or nothing beside it.
 */
export function surgeRate(counts: Float64Array, heights: Float64Array): SurgeRate | null {
  const total = heights.reduce((sum, height) => sum + height, 0)
  if (total === 0) return null
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  let [base, extra] = [mean / 2, mean]
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let ofBase = 0
    let ofSurge = 0
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue
      const surge = extra * heights[i]!
      const share = counts[i]! / (base + surge)
      ofBase += share * base
      ofSurge += share * surge
    }
    const next = [ofBase / counts.length, ofSurge / total] as const
    const moved = Math.abs(next[0] - base) + Math.abs(next[1] - extra)
    ;[base, extra] = next
    if (moved < STILL * mean) break
  }
  if (extra <= 0 || base < LEAST_BASE * (base + extra)) return null
  const expected = Float64Array.from(heights, (height) => base + extra * height)
  return { base, extra, log: logLikelihood(counts, (i) => expected[i]!), expected }
}

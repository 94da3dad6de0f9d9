import type { Ms } from '../../serving/index.ts'

/** A two-state Markov chain with mean 1 that multiplies a rate. */
export interface RateFactor {
  /** of the factor */
  readonly variance: number
  /** time in which its autocovariance falls to 1/e, ms */
  readonly scaleMs: Ms
}

/** A rate in steps. */
export interface SteppedRate {
  /** requests/ms */
  readonly mean: number
  readonly durationMs: Ms
  /** relative to the mean, with mean 1; of equal length; a single one for a constant rate */
  readonly steps: readonly number[]
}

/** With more windows than this, each is assumed to lie within one step. */
const MOST_WINDOWS = 5000

/**
 * The dispersion of Poisson arrivals at a stepped rate times Markov factors: the expected variance
 * over mean of the counts in windows that tile the duration. The variance is about the counts' own
 * mean, which removes the part common to all windows, so long windows have less dispersion than in
 * theory.
 *
 * With independent factors, the second moment of the rate at lag u is the product of 1 + v exp(-u /
 * s) over them (v: variance, s: scale), which is a sum of exponentials. The variance of counts is
 * its double integral (Cox and Isham 1980, Point Processes; Fischer and Meier-Hellstern 1993). A
 * step is constant within a window.
 */
export function dispersionOf(
  rate: SteppedRate,
  windowMs: Ms,
): (factors: readonly RateFactor[]) => number {
  const { durationMs, steps } = rate
  // whole windows may leave out the end, and with it a step unlike the others
  const windows = windowMeans(steps, windowMs / durationMs)
  const mean = rate.mean * average(windows)
  const square = relativeSquare(windows)
  const slow = mean * windowMs * (square - 1)
  const whole = rate.mean * relativeSquare(steps)
  return (factors) => {
    const stationary = 1 + slow + mean * square * modulationExcess(factors, windowMs)
    const common = 1 + whole * modulationExcess(factors, durationMs)
    return stationary - (common * windowMs) / durationMs
  }
}

/** Dispersion that factors add to that of a constant rate of 1 request/ms. */
function modulationExcess(factors: readonly RateFactor[], windowMs: Ms): number {
  // each subset of factors contributes the product of variances, and decays at the sum of rates
  let terms = [{ weight: 1, decay: 0 }]
  for (const { variance, scaleMs } of factors) {
    const more = terms.map(({ weight, decay }) => ({
      weight: weight * variance,
      decay: decay + 1 / scaleMs,
    }))
    terms = [...terms, ...more]
  }
  return terms.reduce((sum, { weight, decay }) => {
    if (decay === 0) return sum
    const x = decay * windowMs
    // (2 / t) times the integral of (t - u) exp(-decay u) from 0 to t
    return sum + (2 * weight * (1 + Math.expm1(-x) / x)) / decay
  }, 0)
}

/** Mean of the steps in each whole window; a window is this share of the duration. */
function windowMeans(steps: readonly number[], share: number): number[] {
  const count = Math.floor(1 / share)
  if (count > MOST_WINDOWS) return [...steps]
  const until = cumulative(steps)
  return Array.from(
    { length: count },
    (_, i) => (until((i + 1) * share) - until(i * share)) / share,
  )
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Mean square over squared mean. */
function relativeSquare(values: readonly number[]): number {
  return average(values.map((value) => value * value)) / average(values) ** 2
}

/** Integral of the steps from 0 to a share of the duration. */
function cumulative(steps: readonly number[]): (share: number) => number {
  const sums = [0]
  for (const step of steps) sums.push(sums.at(-1)! + step / steps.length)
  return (share) => {
    const at = Math.min(steps.length - 1, Math.floor(share * steps.length))
    return sums[at]! + (share - at / steps.length) * steps[at]!
  }
}

import type { Ms } from '../../serving/index.ts'
import { bisect } from '../../stats/index.ts'
import type { ModulatingState } from '../arrivals/modulation.ts'
import { dispersionOf, type RateFactor, type SteppedRate } from './modulated-dispersion.ts'

/** Dispersion of a trace in windows of one length. */
export interface MeasuredDispersion {
  readonly windowMs: Ms
  readonly dispersion: number
}

/** A factor affects windows of four times its scale and longer: there, three quarters count. */
const SCALE_OF_WINDOW = 0.25
const MOST_VARIANCE = 1e4
const MOST_SWEEPS = 200
/** Variances that change by less than this have converged. */
const STILL = 1e-9
const HALVINGS = 50
/** A factor is dropped if it changes the dispersion of every window by less than this. */
const NO_CHANGE = 0.01

/**
 * Factors that give a rate the measured dispersions: one for each window, at a quarter of its
 * length. Traffic that is bursty on every scale is a product of independent two-state chains with
 * geometrically rising scales (Calvet and Fisher 2004, Journal of Financial Econometrics 2;
 * matching the dispersion curve by one Markov-modulated part a scale: Andersen and Nielsen 1998,
 * IEEE JSAC 16). Dispersion rises with each variance, so each is found by bisection, the slowest
 * first, until none changes (Gauss-Seidel). A window whose dispersion is already too high leaves
 * its factor at 0.
 */
export function fitFactors(
  rate: SteppedRate,
  measured: readonly MeasuredDispersion[],
): RateFactor[] {
  const dispersions = measured.map(({ windowMs }) => dispersionOf(rate, windowMs))
  const factors = measured.map(({ windowMs }) => ({
    scaleMs: windowMs * SCALE_OF_WINDOW,
    variance: 0,
  }))
  for (let sweep = 0, moved = 1; sweep < MOST_SWEEPS && moved > STILL; sweep++) {
    moved = 0
    for (let i = factors.length - 1; i >= 0; i--) {
      const factor = factors[i]!
      const before = factor.variance
      factor.variance = root((variance) => {
        factor.variance = variance
        return dispersions[i]!(factors) - measured[i]!.dispersion
      })
      moved = Math.max(moved, Math.abs(factor.variance - before))
    }
  }
  return factors.filter((factor) => {
    const others = factors.filter((candidate) => candidate !== factor)
    return dispersions.some((of) => Math.abs(of(others) / of(factors) - 1) > NO_CHANGE)
  })
}

/** The zero of a rising function between 0 and the largest variance, or the nearer end. */
function root(rising: (variance: number) => number): number {
  if (rising(0) >= 0) return 0
  return bisect([0, MOST_VARIANCE], HALVINGS, (variance) => rising(variance) < 0)[0]
}

/**
 * The product of factors as one chain, with a state for each combination of their states. A factor
 * with a variance up to 1 is 1 - sd and 1 + sd for equal times. With a larger variance it is 0 in
 * its lower state, and rarely in the upper one, so that its mean is 1.
 */
export function productStates(factors: readonly RateFactor[]): ModulatingState[] {
  const chains = factors.map(({ variance, scaleMs }) => {
    const low = Math.max(0, 1 - Math.sqrt(variance))
    const high = 1 + variance / (1 - low)
    const share = (1 - low) / (high - low)
    // 1 / scale is the sum of both transition rates
    return { low, high, lowMs: scaleMs / share, highMs: scaleMs / (1 - share) }
  })
  return Array.from({ length: 2 ** chains.length }, (_, state) => {
    const next = new Array<number>(2 ** chains.length).fill(0)
    let factor = 1
    let changes = 0
    for (const [i, { low, high, lowMs, highMs }] of chains.entries()) {
      const up = (state >> i) % 2 === 1
      factor *= up ? high : low
      const change = 1 / (up ? highMs : lowMs)
      next[state ^ (1 << i)] = change
      changes += change
    }
    return { factor, meanMs: 1 / changes, next: next.map((change) => change / changes) }
  })
}

import type { Ms } from '../../serving/index.ts'
import type { ModulatingState } from '../arrivals/modulation.ts'
import { dispersionOf, type RateFactor, type SteppedRate } from './modulated-dispersion.ts'

/** Dispersion that a trace has in windows of one length. */
export interface MeasuredDispersion {
  readonly windowMs: Ms
  readonly dispersion: number
}

/** A factor works on windows four times its scale and longer: three quarters of it count there. */
const SCALE_OF_WINDOW = 0.25
const MOST_VARIANCE = 1e4
const MOST_SWEEPS = 200
/** Variances that change by less have settled. */
const STILL = 1e-9
const HALVINGS = 50
/** A factor that changes the dispersion of no window by more is left out. */
const NO_CHANGE = 0.01

/**
 * Factors with which a rate has the measured dispersions: one for each window, a quarter of it
 * long. Traffic that is bursty on every scale is a product of independent two-state chains whose
 * scales rise geometrically (Calvet and Fisher 2004, Journal of Financial Econometrics 2; matching
 * the dispersion curve by one Markov-modulated part a scale: Andersen and Nielsen 1998, IEEE JSAC
 * 16). Dispersion rises in each variance, so each is found by bisection, the slowest first, until
 * none moves (Gauss-Seidel); a window that already has more than it should leaves its factor at 0.
 */
export function fitFactors(
  rate: SteppedRate,
  measured: readonly MeasuredDispersion[],
): RateFactor[] {
  const found = measured.map(({ windowMs }) => dispersionOf(rate, windowMs))
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
        return found[i]!(factors) - measured[i]!.dispersion
      })
      moved = Math.max(moved, Math.abs(factor.variance - before))
    }
  }
  return factors.filter((factor) => {
    const others = factors.filter((other) => other !== factor)
    return found.some((of) => Math.abs(of(others) / of(factors) - 1) > NO_CHANGE)
  })
}

/** Where a rising function is 0, from 0 to the largest variance; the nearer end where nowhere. */
function root(rising: (variance: number) => number): number {
  if (rising(0) >= 0) return 0
  let low = 0
  let high = MOST_VARIANCE
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (rising(middle) < 0) low = middle
    else high = middle
  }
  return low
}

/**
 * The product of factors as one chain: a state for each combination of theirs. A factor of a
 * variance up to 1 is 1 - sd and 1 + sd, as long each; one of more is silent in its lower state and
 * in the upper one as seldom as its mean of 1 takes.
 */
export function productStates(factors: readonly RateFactor[]): ModulatingState[] {
  const chains = factors.map(({ variance, scaleMs }) => {
    const low = Math.max(0, 1 - Math.sqrt(variance))
    const high = 1 + variance / (1 - low)
    const share = (1 - low) / (high - low)
    // 1 / scale is the sum of both rates of change
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

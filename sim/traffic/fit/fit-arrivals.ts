import type { RatedArrivals } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import { fitFactors, productStates } from './fit-modulation.ts'
import { type FittedSurge, fitSurge } from './fit-surge.ts'
import type { RateFactor } from './modulated-dispersion.ts'

/** Windows whose dispersion a fit reproduces. */
const FITTED_WINDOWS_S = [0.1, 1, 10, 60] as const

/** The dispersion of fewer windows than this is too uncertain. */
const LEAST_WINDOWS = 10
/** A step of a schedule lasts at least this many of the longest windows. */
const WINDOWS_OF_STEP = 5
const LEAST_STEPS = 4
const MOST_STEPS = 96
/**
 * Where the dispersion over steps exceeds that over the longest window by this factor, the rate
 * changes more slowly than any modulating factor. A drift has a ratio of 5, a process without drift
 * about 1.
 */
const SLOW_CHANGE = 2

type Fitted = Extract<RatedArrivals, { process: 'poisson' | 'mmpp' }>
type Rate = Pick<Fitted, 'rate_rps' | 'schedule'> & {
  readonly surges?: readonly Partial<Fitted['surges'][number]>[]
}
type States = Extract<Fitted, { process: 'mmpp' }>['states']

/** Fitted arrivals, in the format of a scenario. */
export interface FittedArrivals {
  readonly arrivals: Pick<Fitted, 'process'> & Rate & { readonly states?: States }
  /** windows whose dispersion was fitted, s */
  readonly windows_s: readonly number[]
  readonly factors: readonly RateFactor[]
}

/** Fits arrivals to rising times, ms, of which the first and last differ. */
export function fitArrivals(times: Float64Array): FittedArrivals {
  const from = times[0]!
  const durationMs = times.at(-1)! - from
  const mean = times.length / durationMs
  const windows_s = FITTED_WINDOWS_S.filter((s) => durationMs >= 1000 * s * LEAST_WINDOWS)
  const measured = windows_s.map((s) => ({
    windowMs: 1000 * s,
    dispersion: dispersion(counts(times, 1000 * s)),
  }))
  const longest = measured.at(-1)
  const steps = longest === undefined ? null : stepsOf(times, durationMs, longest)
  const surge = fitSurge(times, steps)
  const counted = steps?.map((count) => (count * steps.length) / times.length) ?? [1]
  const factors = fitFactors({ mean, durationMs, steps: surge?.steps ?? counted }, measured)
  const rate = surge === null ? steppedRate(mean, steps, durationMs) : surgedRate(surge)
  const arrivals =
    factors.length === 0
      ? ({ process: 'poisson', ...rate } as const)
      : ({ process: 'mmpp', ...rate, states: statesOf(factors) } as const)
  return { arrivals, windows_s, factors }
}

function steppedRate(mean: number, steps: readonly number[] | null, durationMs: Ms): Rate {
  if (steps === null) return { rate_rps: significant(1000 * mean) }
  return {
    schedule: steps.map((count, i) => ({
      at_s: significant((i * durationMs) / steps.length / 1000, 6),
      rate_rps: significant((1000 * count * steps.length) / durationMs),
    })),
  }
}

function surgedRate({ basePerMs, surge }: FittedSurge): Rate {
  const { atMs, factor, riseMs, holdMs, decayMs, halfLifeMs } = surge
  const seconds = (ms: Ms) => significant(ms / 1000, 4)
  const decay =
    halfLifeMs === undefined ? { decay_s: seconds(decayMs) } : { half_life_s: seconds(halfLifeMs) }
  return {
    rate_rps: significant(1000 * basePerMs),
    surges: [
      {
        at_s: seconds(atMs),
        factor: significant(factor, 4),
        rise_s: seconds(riseMs),
        hold_s: seconds(holdMs),
        ...decay,
      },
    ],
  }
}

/** Counts in steps where the rate changes slowly, otherwise null. */
function stepsOf(
  times: Float64Array,
  durationMs: Ms,
  longest: { readonly windowMs: Ms; readonly dispersion: number },
): number[] | null {
  const wanted = Math.floor(durationMs / (WINDOWS_OF_STEP * longest.windowMs))
  if (wanted < LEAST_STEPS) return null
  const steps = new Array<number>(Math.min(MOST_STEPS, wanted)).fill(0)
  for (const time of times) {
    const i = Math.floor(((time - times[0]!) / durationMs) * steps.length)
    steps[Math.min(i, steps.length - 1)]! += 1
  }
  return dispersion(steps) >= SLOW_CHANGE * longest.dispersion ? steps : null
}

/** Counts in the whole windows. */
function counts(times: Float64Array, windowMs: Ms): Float64Array {
  const counted = new Float64Array(Math.floor((times.at(-1)! - times[0]!) / windowMs))
  for (const time of times) {
    const i = Math.floor((time - times[0]!) / windowMs)
    if (i < counted.length) counted[i]!++
  }
  return counted
}

function dispersion(counted: ArrayLike<number>): number {
  const values = Float64Array.from(counted)
  const mean = values.reduce((sum, count) => sum + count, 0) / values.length
  const variance = values.reduce((sum, count) => sum + (count - mean) ** 2, 0) / values.length
  return variance / mean
}

function statesOf(factors: readonly RateFactor[]): States {
  return productStates(factors).map(({ factor, meanMs, next }) => ({
    factor: significant(factor, 4),
    mean_s: significant(meanMs / 1000, 4),
    next: next.map((weight) => significant(weight, 4)),
  }))
}

const significant = (value: number, digits = 5) => Number(value.toPrecision(digits))

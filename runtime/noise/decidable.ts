import type { NoiseDecision } from '../../sim/documents/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { PERCENTILES, type Percentile } from '../../sim/stats/index.ts'
import type { MeasuredThread } from './noise-process.ts'

/** What the rule needs of a thread. On a single core the dispatcher's thread is all there is. */
export type Stalls = Pick<MeasuredThread, 'role' | 'spunMs' | 'gaps'>

/** A stall matters where it is longer than both, as replays are compared within 5 %. */
const MATTERS = { relative: 0.05, absoluteMs: 0.05 } as const
/** A dispatcher acts on a request twice: when its batch starts and when it ends. */
const DISPATCHER_MOMENTS = 2

/** Of the number of stalls that were seen: itself, and the limits of its 95 % interval. */
type Estimator = (count: number) => number

/**
 * Which percentiles of latencies can be decided here, for requests that are served in `serviceMs`.
 *
 * Stalls arrive at rate r and last L in the mean, so a request that an executor serves for s meets
 * r (s + L) of them, and a moment of the dispatcher meets r L. A percentile p can be decided where
 * the share of requests that meet a stall is at most half of 1 - p: twice as many stalls, in the
 * next replay, still leave it among the requests that met none.
 */
export function decide(threads: readonly Stalls[], serviceMs: Ms): NoiseDecision {
  const dispatchers = threads.filter(({ role }) => role === 'dispatcher')
  const executors = threads.filter(({ role }) => role === 'executor')
  const stallMs = Math.max(MATTERS.relative * serviceMs, MATTERS.absoluteMs)
  const share = (of: Estimator) => {
    const served = met(executors.length === 0 ? dispatchers : executors, {
      stallMs,
      exposedMs: serviceMs,
      of,
    })
    const dispatched = met(dispatchers, { stallMs, exposedMs: 0, of })
    return 1 - Math.exp(-(served + DISPATCHER_MOMENTS * dispatched))
  }
  const [atLeast, atMost] = [share(countAtLeast), share(countAtMost)]
  return {
    service_ms: serviceMs,
    stall_ms: stallMs,
    share: share((count) => count),
    share_at_least: atLeast,
    share_at_most: atMost,
    decided: highest(atMost),
    possible: highest(atLeast),
  }
}

/** Whether a percentile can be decided where this share of requests meets a stall. */
export function canDecide(share: number, p: number): boolean {
  return share <= (1 - p) / 2
}

function highest(share: number): Percentile | null {
  return PERCENTILES.findLast((p) => canDecide(share, p)) ?? null
}

/** The mean number of stalls that an exposure meets. Stalls of which none was seen are shortest. */
function met(
  threads: readonly Stalls[],
  { stallMs, exposedMs, of }: { stallMs: Ms; exposedMs: Ms; of: Estimator },
): number {
  const long = threads.flatMap(({ gaps }) => gaps.filter((gap) => gap > stallMs))
  const spunMs = threads.reduce((sum, thread) => sum + thread.spunMs, 0)
  const sum = long.reduce((total, gap) => total + gap, 0)
  const meanMs = long.length === 0 ? stallMs : sum / long.length
  return (of(long.length) / spunMs) * (exposedMs + meanMs)
}

/** Of a standard normal distribution, for an interval of 95 %. */
const QUANTILE = 1.96

/** The limits of a Poisson mean (Byar's, in Breslow and Day 1987, page 69). */
function countAtMost(count: number): number {
  return byar(count + 1, QUANTILE)
}

function countAtLeast(count: number): number {
  return count === 0 ? 0 : byar(count, -QUANTILE)
}

function byar(n: number, quantile: number): number {
  return n * Math.max(0, 1 - 1 / (9 * n) + quantile / (3 * Math.sqrt(n))) ** 3
}

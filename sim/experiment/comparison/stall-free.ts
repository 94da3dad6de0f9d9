import { type Ms, type ServingPlan, topologyOf } from '../../serving/index.ts'
import { PERCENTILES, percentile } from '../../stats/index.ts'
import { type Intervals, joinIntervals, type Span, Stalls, type Steps } from '../../world/index.ts'
import { type Latencies, latenciesOf, servedCount } from './latencies.ts'
import type { ObservedRun } from './observed-run.ts'
import { type ExecutorWork, fieldOf } from './structure.ts'

/**
 * A stall says nothing about the system under test, and yet may decide its p99. So percentiles are
 * given twice: of all requests, and of those that met no stall. A request met one if it was in the
 * system, from its scheduled arrival to its completion, while the dispatcher or an executor of its
 * station was in a recorded stall. Executors of a station share its queue, so a request may wait
 * for any of them.
 *
 * Stalls are recognised from rows and timers, in simulated runs too, although their true stalls are
 * known there: so the definition and its errors are the same on both sides of a comparison.
 */

export interface StallFreeInput {
  readonly plan: ServingPlan
  /** one entry for each executor */
  readonly work: readonly ExecutorWork[]
  readonly warmupMs: Ms
}

export interface StallFreeLatencies extends Latencies {
  /** of the served requests after the warm-up; NaN where there are none */
  readonly share: number
}

/** Latency of the requests that met no stall of the machine. */
export interface StallFreeFigures {
  readonly n: number
  /** of the served requests */
  readonly share: number
  /** PERCENTILES, ms; NaN where every request met one */
  readonly percentiles: readonly number[]
}

/** Latencies of the served requests that met no stall. */
export function stallFreeLatencies(run: ObservedRun, input: StallFreeInput): StallFreeLatencies {
  const { rows } = run
  const { at, done, executor } = rows.columns
  const field = fieldOf(run, input.work)
  const { stations, executors } = topologyOf(input.plan)
  const stalls = stations.map((_, station) => {
    const own = field.executors.filter((_, i) => executors[i]!.station === station)
    const spans = [...spansOf(field.intake), ...own.flatMap(standstills)]
    return new Stalls(joinIntervals(spans))
  })
  const free = latenciesOf(rows, input.warmupMs, {
    keep: (key) => !stalls[executors[executor[key]!]!.station]!.overlap(at[key]!, done[key]!),
  })
  return { ...free, share: free.values.length / servedCount(rows, input.warmupMs) }
}

/** PERCENTILES of the same, small enough to pass between threads. */
export function stallFreeFigures(run: ObservedRun, input: StallFreeInput): StallFreeFigures {
  const { sorted, share } = stallFreeLatencies(run, input)
  return {
    n: sorted.length,
    share,
    percentiles: PERCENTILES.map((p) => percentile(sorted, p)),
  }
}

const spansOf = ({ from, to }: Intervals): Span[] => from.map((start, i) => [start, to[i]!])

/** The times at which an executor has speed 0. */
function standstills({ times, speeds }: Steps): Span[] {
  return times.flatMap((at, i): Span[] =>
    speeds[i] === 0 ? [[at, times[i + 1] ?? Number.POSITIVE_INFINITY]] : [],
  )
}

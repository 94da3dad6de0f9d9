import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { topologyOf } from '../../serving/index.ts'
import { expectedRequests, filesOf, isClosed } from '../../traffic/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import type { SimulationInput } from '../system/simulation-input.ts'

/** The requests/s of a pool in each of equal steps of the traffic. */
export interface KnownRates {
  readonly stepS: number
  /** steps in an interval of the series of results */
  readonly perInterval: number
  readonly rps: readonly number[]
  /** classes whose requests are in it */
  readonly classes: readonly number[]
  /** whether arrivals were counted, as those of a trace, or follow from the stated rates */
  readonly counted: boolean
}

/** Steps in an interval, so that a start is no shorter than some steps. */
const MOST_FINER = 256

/**
 * What an oracle has of the traffic of a pool, or why there is no oracle. Rates that follow a
 * Markov chain count with their mean.
 */
export function knownRates(
  input: SimulationInput,
  pool: number,
  runs: readonly RunSummary[],
  { intervals, leadS }: { readonly intervals: number; readonly leadS: number },
): KnownRates | string {
  const { scenario, plan } = input
  const alone = plan.pools.length === 1
  const { classPools } = topologyOf(plan)
  const classes = [...scenario.traffic.keys()].filter((i) => classPools[i]!.includes(pool))
  const bound = classes.every((i) => classPools[i]!.length === 1)
  if (classes.length === 0 || !bound) {
    return 'requests can go to several pools, so the rate of this one depends on the router'
  }
  const arrivals = classes.map((i) => scenario.traffic[i]!.arrivals)
  if (arrivals.some(isClosed)) {
    return 'users of a closed loop wait for answers, so their rate depends on the replicas'
  }
  const counted = arrivals.some((process) => filesOf(process) === 'trace')
  if (counted && !alone)
    return 'the pool is not alone, and arrivals of a trace are counted together'
  const everyS = scenario.duration_s / intervals
  // counts over shorter times would be noise
  const perInterval = counted ? 1 : Math.ceil(everyS / Math.max(leadS / 4, everyS / MOST_FINER))
  const steps = intervals * perInterval
  const stepS = scenario.duration_s / steps
  const rps = counted
    ? countedRates(runs, scenario, steps)
    : expectedRates(input, classes, stepS, steps)
  return { stepS, perInterval, rps, classes, counted }
}

function expectedRates(
  input: SimulationInput,
  classes: readonly number[],
  stepS: number,
  steps: number,
): number[] {
  const expected = expectedRequests(input.scenario, input)
  const before = (step: number) =>
    classes.reduce((sum, i) => sum + expected[i]!.before(1000 * stepS * step), 0)
  return Array.from({ length: steps }, (_, i) => (before(i + 1) - before(i)) / stepS)
}

/** Means over runs; the buckets of a series are spread over the steps. */
function countedRates(
  runs: readonly RunSummary[],
  { duration_s }: Scenario,
  steps: number,
): number[] {
  const stepS = duration_s / steps
  const counts = new Float64Array(steps)
  for (const { series } of runs) {
    for (const [i, rps] of series.arrived_rps.entries()) {
      const [from, to] = [i * series.bucket_s, Math.min(duration_s, (i + 1) * series.bucket_s)]
      for (let at = from; at < to - 1e-9; ) {
        const step = Math.min(steps - 1, Math.floor(at / stepS + 1e-9))
        const until = step === steps - 1 ? to : Math.min(to, (step + 1) * stepS)
        counts[step]! += rps * (until - at)
        at = until
      }
    }
  }
  return Array.from(counts, (count) => count / (stepS * runs.length))
}

import {
  VARIANT_METRICS,
  type VariantFigures,
  type VariantMetric,
  type VariantRatio,
} from '../../documents/index.ts'
import { log, sum } from '../../kernel/index.ts'
import {
  estimate,
  holmRatios,
  type LogRatio,
  meanWithError,
  PERCENTILES,
  percentileEstimate,
  supports,
  unsupportedReason,
} from '../../stats/index.ts'
import type { RunFigures } from '../configuration/run-figures.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { capacityUtilisation } from '../figures/work.ts'

const LEVELS = { p50: 0.5, p95: 0.95, p99: 0.99 } as const
const isLevel = (metric: VariantMetric): metric is keyof typeof LEVELS => metric in LEVELS

/** A metric of one run. */
function metricOf(metric: VariantMetric, run: RunSummary): number {
  if (isLevel(metric)) return run.all.percentiles[PERCENTILES.indexOf(LEVELS[metric])]!
  if (metric === 'goodput') {
    return sum(run.classes.map(({ good }) => good)) / sum(arrivalsOf(run))
  }
  // a pool that has no replica is idle
  return Math.max(...run.busyMs.map((ms, i) => (ms === 0 ? 0 : ms / run.paidMs[i]!)))
}

/** A metric of a run that has the latency over all classes. */
export function metricOfFigures(metric: VariantMetric, run: RunFigures): number {
  if (isLevel(metric)) return run.overall!.percentiles[PERCENTILES.indexOf(LEVELS[metric])]!
  if (metric === 'goodput') {
    return sum(run.classes.map(({ good }) => good)) / sum(run.classes.map(({ arrived }) => arrived))
  }
  // a pool that has no replica is idle
  return Math.max(...run.pools.map(({ utilisation }) => utilisation || 0))
}

/** The largest share of the capacity of a pool of engines that its work needs; null for none. */
function largestOfCapacity(run: RunSummary): number | null {
  const shares = run.work.flatMap((_, pool) => capacityUtilisation(run, pool) ?? [])
  return shares.length === 0 ? null : Math.max(...shares)
}

const arrivalsOf = (run: RunSummary) => run.classes.map(({ counts }) => counts.arrived)

/** Runs of one variant. */
export interface VariantRuns {
  readonly name: string
  readonly runs: readonly RunSummary[]
}

/** Figures of all classes together, each over runs with its interval. */
export function variantFigures({ runs }: Pick<VariantRuns, 'runs'>): VariantFigures {
  const fewest = Math.min(...runs.map(({ all }) => all.n))
  const each = VARIANT_METRICS.map((metric) => {
    const values = runs.map((run) => metricOf(metric, run))
    const n = sum(runs.map(({ all }) => all.n))
    if (!isLevel(metric)) return [metric, estimate(values, n, 1)]
    if (supports(fewest, LEVELS[metric])) return [metric, percentileEstimate(values, n)]
    const reason = unsupportedReason(fewest, LEVELS[metric])
    return [metric, { value: null, low: null, high: null, n, reason }]
  })
  const figures = Object.fromEntries(each) as VariantFigures
  const ofCapacity = runs.map(largestOfCapacity)
  if (ofCapacity.includes(null)) return figures
  return { ...figures, capacity_utilisation: estimate(ofCapacity as number[], runs.length) }
}

/** The time to first token of one class, at one of PERCENTILES. */
export interface TtftMetric {
  readonly class: number
  readonly level: number
}

/**
 * Ratios of every variant to the first one, metric by metric: means of the logarithms over runs,
 * pairs of which share their requests, so that what they have in common cancels.
 */
export function pairedRatios(variants: readonly VariantRuns[]): VariantRatio[] {
  return judged(openRatios(variants))
}

/** The same before all of them are judged together. */
export function openRatios([first, ...others]: readonly VariantRuns[]): OpenRatio[] {
  return others.flatMap((other) =>
    VARIANT_METRICS.map((metric) => openRatio(metric, first!, other)),
  )
}

/** The same with the time to first token of a class; null for none. All are judged together. */
export function pairedWithTtft(
  [first, ...others]: readonly VariantRuns[],
  metrics: readonly VariantMetric[],
  ttft: TtftMetric | null,
): RatioOf<VariantMetric | 'ttft'>[] {
  return judged(
    others.flatMap((other) => [
      ...metrics.map((metric) => openRatio(metric, first!, other)),
      ...(ttft === null ? [] : [openTtft(ttft, first!, other)]),
    ]),
  )
}

function openRatio(metric: VariantMetric, a: VariantRuns, b: VariantRuns) {
  const head = { variant: b.name, metric }
  const fewest = Math.min(...[...a.runs, ...b.runs].map(({ all }) => all.n))
  if (isLevel(metric) && !supports(fewest, LEVELS[metric])) {
    return { ...head, none: unsupportedReason(fewest, LEVELS[metric]) }
  }
  return { ...head, ...paired((run) => metricOf(metric, run), a, b) }
}

function openTtft({ class: number, level }: TtftMetric, a: VariantRuns, b: VariantRuns) {
  const head = { variant: b.name, metric: 'ttft' as const }
  const ttft = (run: RunSummary) => run.classes[number]!.tokens?.ttft
  const fewest = Math.min(...[...a.runs, ...b.runs].map((run) => ttft(run)?.n ?? 0))
  if (!supports(fewest, level)) return { ...head, none: unsupportedReason(fewest, level) }
  const at = (PERCENTILES as readonly number[]).indexOf(level)
  return { ...head, ...paired((run) => ttft(run)!.percentiles[at]!, a, b) }
}

function paired(
  of: (run: RunSummary) => number,
  a: VariantRuns,
  b: VariantRuns,
): LogRatio | { readonly none: string } {
  if (a.runs.length < 2) return { none: 'a single replication has no interval; several have' }
  const logs = a.runs.map((run, i) => {
    const [before, after] = [of(run), of(b.runs[i]!)]
    return before === after ? 0 : log(after / before)
  })
  if (!logs.every(Number.isFinite)) return { none: 'it is 0 in some replication' }
  const [first] = logs
  // the sum of equal values is rounded, which is no scatter
  if (logs.every((value) => value === first)) return { log: first!, error: 0, df: logs.length - 1 }
  const { mean, standardError } = meanWithError(logs)
  return { log: mean, error: standardError, df: logs.length - 1 }
}

type RatioOf<Metric> = Omit<VariantRatio, 'metric'> & { readonly metric: Metric }

/** A ratio before all of them are judged together, or the reason why there is none. */
export type OpenRatio<Metric = VariantMetric> = {
  readonly variant: string
  readonly metric: Metric
} & (LogRatio | { readonly none: string })

/** Judges all ratios of a document together. */
export function judged<Metric>(open: readonly OpenRatio<Metric>[]): RatioOf<Metric>[] {
  const tested = open.filter((ratio) => 'log' in ratio)
  const outcomes = holmRatios(tested)
  return open.map((ratio): RatioOf<Metric> => {
    const { variant, metric } = ratio
    if ('none' in ratio) {
      const none = { value: null, low: null, high: null, difference: null }
      return { variant, metric, ...none, reason: ratio.none }
    }
    const { value, low, high, real } = outcomes[tested.indexOf(ratio)]!
    const difference = !real ? 'none found' : value > 1 ? 'higher' : 'lower'
    return { variant, metric, value, low, high, difference }
  })
}

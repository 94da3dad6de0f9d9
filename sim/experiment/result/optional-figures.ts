import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type {
  PoolAvailability,
  PoolEjections,
  PoolResult,
  PoolRetries,
  Result,
} from '../../documents/index.ts'
import type { ServingPlan } from '../../serving/index.ts'
import { type BudgetSummary, estimate, type RunSummary } from '../../stats/index.ts'
import { capacityUtilisation } from '../configuration/run-figures.ts'
import { overRuns } from './over-runs.ts'

/** Figures that only some scenarios have. */

/** Of more decisions the first ones are in a result. */
const MOST_STEPS = 1000

/** The figures of a pool that only some pools have. */
export function optionalFigures(
  scenario: Scenario,
  runs: readonly RunSummary[],
  { index, capacityRps }: { readonly index: number; readonly capacityRps: number | null },
): Pick<PoolResult, 'availability' | 'ejections' | 'slowdown' | 'proxy_retries' | WorkFigure> {
  const retries = retriesResult(runs, index)
  return {
    ...workResult(scenario, runs, index),
    ...batchesNeed(scenario, runs, { index, capacityRps }),
    ...replicasResult(scenario, runs, index),
    ...(scenario.pools[index]!.card !== undefined && {
      slowdown: overRuns(runs, ({ slowdowns }) => slowdowns[index]!),
    }),
    ...(retries && { proxy_retries: retries }),
  }
}

type WorkFigure = 'capacity_utilisation' | 'needed_replicas'

/** What the work of engines needs at their capacity; nothing where that is not known. */
function workResult(
  { duration_s }: Scenario,
  runs: readonly RunSummary[],
  index: number,
): Pick<PoolResult, WorkFigure> {
  const each = runs.flatMap(({ work }) => work[index] ?? [])
  const [first] = each
  if (first === undefined) return {}
  return {
    capacity_utilisation: overRuns(runs, (run) => capacityUtilisation(run, index)!),
    needed_replicas: {
      every_s: duration_s / first.series.length,
      mean: first.series.map(
        (_, i) => each.reduce((sum, { series }) => sum + series[i]!, 0) / each.length,
      ),
    },
  }
}

/**
 * Replicas that the requests of each interval need at the capacity of their pool, whose batches are
 * full; nothing of engines, and where the capacity is not known.
 */
function batchesNeed(
  { duration_s, pools }: Scenario,
  runs: readonly RunSummary[],
  { index, capacityRps }: { readonly index: number; readonly capacityRps: number | null },
): Pick<PoolResult, 'needed_replicas'> {
  const { generation, replicas } = pools[index]!
  if (generation !== undefined || capacityRps === null) return {}
  const each = runs.map(({ batchedRps }) => batchedRps[index]!)
  const mean = each[0]!.map((_, i) => {
    const rps = each.reduce((sum, series) => sum + series[i]!, 0) / each.length
    return (replicas * rps) / capacityRps
  })
  return { needed_replicas: { every_s: duration_s / mean.length, mean } }
}

/** Which replicas of a pool serve: those that are up, and those that are not ejected. */
function replicasResult(
  scenario: Scenario,
  runs: readonly RunSummary[],
  index: number,
): Pick<PoolResult, 'availability' | 'ejections'> {
  const availability = availabilityResult(scenario, runs, index)
  if (scenario.pools[index]!.outlier_detection === undefined) return { availability }
  return { availability, ejections: ejectionsResult(runs, index) }
}

/** Ejections of the replicas of a pool with outlier detection. */
function ejectionsResult(runs: readonly RunSummary[], index: number): PoolEjections {
  const each = runs.map(({ ejections }) => ejections![index]!)
  const summed = (of: (run: (typeof each)[number]) => number) =>
    each.reduce((sum, run) => sum + of(run), 0)
  const countOf = ({ by }: (typeof each)[number]) =>
    by.consecutive + by['success-rate'] + by['failure-percentage']
  return {
    count: overRuns(each, countOf),
    by: {
      consecutive: summed(({ by }) => by.consecutive),
      success_rate: summed(({ by }) => by['success-rate']),
      failure_percentage: summed(({ by }) => by['failure-percentage']),
    },
    ejected_s: overRuns(each, ({ ejectedS }) => ejectedS),
    panic_s: overRuns(each, ({ panicS }) => panicS),
    replicas: each[0]!.replicas
      .map((_, replica) => ({
        replica,
        ejections: summed(({ replicas }) => replicas[replica]!.ejections) / runs.length,
        ejected_s: summed(({ replicas }) => replicas[replica]!.ejectedS) / runs.length,
      }))
      .filter(({ ejections, ejected_s }) => ejections > 0 || ejected_s > 0),
  }
}

/** How long the replicas of a pool took batches; null where none of them comes or goes. */
function availabilityResult(
  scenario: Scenario,
  runs: readonly RunSummary[],
  index: number,
): PoolAvailability | null {
  if (runs.some(({ availability }) => availability === null)) return null
  const { scaling } = scenario.pools[index]!
  const of = (run: RunSummary) => run.availability![index]!
  const everyS = scenario.duration_s / of(runs[0]!).series.length
  const mean = (seriesOf: (run: RunSummary) => readonly number[]) =>
    seriesOf(runs[0]!).map(
      (_, i) => runs.reduce((sum, run) => sum + seriesOf(run)[i]!, 0) / (everyS * runs.length),
    )
  return {
    up_share:
      scaling === undefined
        ? overRuns(runs, (run) => of(run).upS / (run.paidMs[index]! / 1000), 1)
        : overRuns(runs, (run) => of(run).upS / of(run).paidS, 1),
    serving: overRuns(runs, (run) => (1000 * of(run).upS) / run.observedMs),
    paid: overRuns(runs, (run) => (1000 * of(run).paidS) / run.observedMs + (scaling?.warm ?? 0)),
    losses: runs.reduce((sum, run) => sum + of(run).losses, 0),
    series: {
      every_s: everyS,
      serving: mean((run) => of(run).series),
      paid: mean((run) => of(run).paid).map((count) => count + (scaling?.warm ?? 0)),
    },
    decisions: of(runs[0]!)
      .steps.slice(0, MOST_STEPS)
      .map(({ at, replicas: wanted, reason }) => ({ at_s: at / 1000, replicas: wanted, reason })),
    regret: null,
  }
}

/** The retries by the proxy of a pool; undefined where it retries nothing. */
function retriesResult(runs: readonly RunSummary[], index: number): PoolRetries | undefined {
  const each = runs.flatMap(({ retries, pools }) => {
    const own = retries[index] ?? null
    return own === null ? [] : [{ ...own, arrived: pools[index]!.counts.arrived }]
  })
  if (each.length === 0) return undefined
  const sum = (of: (own: (typeof each)[number]) => number) =>
    each.reduce((total, own) => total + of(own), 0)
  return {
    sent: sum(({ sent }) => sent),
    sent_share: estimate(
      each.map(({ sent, arrived }) => sent / arrived),
      sum(({ arrived }) => arrived),
    ),
    succeeded: sum(({ succeeded }) => succeeded),
    overflow: sum(({ overflow }) => overflow),
  }
}

/** The copies of the requests of a class; null where there are none. */
export function hedgesResult(
  runs: readonly RunSummary[],
  index: number,
): Result['classes'][number]['hedges'] {
  const copies = runs.map((run) => run.copies[index] ?? null).filter((own) => own !== null)
  if (copies.length === 0) return null
  const sum = (of: (own: (typeof copies)[number]) => number) =>
    copies.reduce((total, own) => total + of(own), 0)
  const firsts = copies.map((own, i) => {
    const { arrived } = runs[i]!.classes[index]!.counts
    return arrived + own.withdrawn + own.redundant - own.sent
  })
  return {
    sent: sum(({ sent }) => sent),
    sent_share: estimate(
      copies.map(({ sent }, i) => sent / firsts[i]!),
      firsts.reduce((total, count) => total + count, 0),
    ),
    won: sum(({ won }) => won),
    withdrawn: sum(({ withdrawn }) => withdrawn),
    redundant: sum(({ redundant }) => redundant),
    wasted: overRuns(
      runs,
      (run) => run.copies[index]!.redundantMs / run.copies[index]!.serviceMs,
      1,
    ),
  }
}

/** What scaled pools had of their budget; nothing where they share none. */
export function budgetOf(
  { budget, pools }: Pick<Scenario, 'budget' | 'pools'>,
  runs: readonly RunSummary[],
): Pick<Result, 'budget'> {
  if (budget === undefined || runs.some((run) => run.budget === null)) return {}
  const of = (run: RunSummary) => run.budget!
  const limits = (['replicas', 'watts'] as const).flatMap((what) => {
    const limit = budget[what]
    const used = (run: RunSummary) => (of(run) as BudgetSummary)[what]
    if (limit === undefined) return []
    return {
      what,
      limit,
      most: Math.max(...runs.map((run) => used(run).most)),
      mean: overRuns(runs, (run) => used(run).mean),
    }
  })
  return {
    budget: {
      limits,
      pools: pools.flatMap(({ name, scaling }, i) => {
        if (scaling === undefined) return []
        const cut = (run: RunSummary) => of(run).cuts[i]!
        return {
          name,
          cut_share: overRuns(runs, (run) => (1000 * cut(run).seconds) / run.observedMs, 1),
          cut_replica_hours: overRuns(runs, (run) => cut(run).replicaS / 3600),
        }
      }),
    },
  }
}

/** What tuners changed in a run; nothing where no setting is tuned. */
export function tuningOf(
  { tuning }: Pick<ServingPlan, 'tuning'>,
  run: Pick<RunSummary, 'tuning'>,
): Pick<Result, 'tuning'> {
  if (tuning === undefined || run.tuning === null) return {}
  const settings = tuning.map(({ name, start }, number) => ({
    setting: name,
    start,
    changes: run.tuning!.flatMap(({ tuner, at, to, measured, reason }) =>
      tuner === number
        ? [{ at_s: at / 1000, to, measured: Number.isFinite(measured) ? measured : null, reason }]
        : [],
    ),
  }))
  return { tuning: settings }
}

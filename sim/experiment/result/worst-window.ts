import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import type { ServingPlan } from '../../serving/index.ts'
import { percentiles } from '../../stats/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { HIDDEN } from './hidden-figures.ts'
import { overRuns } from './over-runs.ts'

/** The worst windows of the runs of a scenario, each figure over runs. */
export function worstWindow(
  { traffic, pools }: Scenario,
  plan: ServingPlan,
  runs: readonly RunSummary[],
): Result['worst_window'] {
  const reported = runs.flatMap(({ worst }) => worst.reported ?? [])
  if (reported.length === 0) return null
  return {
    window_s: reported[0]!.lengthMs / 1000,
    classes: traffic.map(({ class: name }, i) => ({
      name,
      latency: percentiles(
        reported.map(({ classes }) => ({
          n: Math.min(...classes[i]!.map(({ n }) => n)),
          values: classes[i]!.map(({ value }) => value),
        })),
      ),
    })),
    pools: pools.map(({ name }, i) => ({
      name,
      utilisation: plan.pools[i]!.connections
        ? HIDDEN
        : overRuns(reported, ({ utilisation }) => utilisation[i]!, 1),
      ...(runs[0]!.work[i] && {
        capacity_utilisation: overRuns(reported, (run) => run.capacityUtilisation[i]!),
      }),
    })),
    queue_mean: overRuns(reported, ({ queue }) => queue),
  }
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import type { BudgetSummary, RunSummary } from '../../stats/index.ts'
import { overRuns } from './over-runs.ts'

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

import { replicaWatts } from '../../../scenarios/schema/pool-accelerator.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { BudgetPlan } from './shared-budget.ts'

/** The plan of a `budget` section: pools outside its `priority` share what is left. */
export function budgetPlan(
  { pools }: Pick<Scenario, 'pools'>,
  { replicas, watts, priority = [] }: NonNullable<Scenario['budget']>,
): BudgetPlan {
  return {
    replicas: replicas ?? Number.POSITIVE_INFINITY,
    watts: watts ?? Number.POSITIVE_INFINITY,
    pools: pools.map((pool) => {
      if (pool.scaling === undefined) return null
      const { min, warm } = pool.scaling
      const place = priority.indexOf(pool.name)
      const rank = place < 0 ? priority.length : place
      return { min, warm, replicaW: replicaWatts(pool) ?? 0, rank }
    }),
  }
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** What scaled pools may have together at any instant; Infinity for no limit. */
export interface PromisedBudget {
  readonly replicas: number
  readonly watts: number
  /** by pool; null for one that does not count */
  readonly pools: readonly (SharingPool | null)[]
}

export interface BudgetPromise {
  /** absent where no budget is shared */
  readonly replicaBudget?: PromisedBudget | undefined
}

interface SharingPool {
  /** replicas of its warm pool, which count all the time */
  readonly warm: number
  /** rated power of the accelerators of a replica */
  readonly watts: number
}

/** Absent where no budget is shared. */
export function promisedBudget({ budget, pools }: Scenario): PromisedBudget | undefined {
  if (budget === undefined) return
  return {
    replicas: budget.replicas ?? Number.POSITIVE_INFINITY,
    watts: budget.watts ?? Number.POSITIVE_INFINITY,
    pools: pools.map(({ scaling, accelerator, tensor_parallel = 1, partition = 1 }) => {
      if (scaling === undefined) return null
      const card = typeof accelerator === 'string' ? 0 : accelerator.power_w.value
      return { warm: scaling.warm, watts: tensor_parallel * partition * card }
    }),
  }
}

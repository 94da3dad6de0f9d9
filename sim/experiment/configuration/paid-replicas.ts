import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { RunSummary } from '../figures/run-summary.ts'

/**
 * The fewest replicas of each pool that a run can pay for: those of a pool that is not scaled, or
 * the least of its scaler and its warm pool.
 */
export function leastReplicas(pools: Scenario['pools']): number[] {
  return pools.map(({ replicas, scaling }) => {
    if (scaling === undefined) return replicas
    const idle = scaling.policy === 'keda' ? scaling.idle : undefined
    return Math.min(scaling.min, idle ?? scaling.min) + scaling.warm
  })
}

/**
 * Replicas of each pool that are paid for in a run, means over time: those of a scaled pool from
 * when they are asked for until they are given back, and its warm pool.
 */
export function paidReplicas(
  { pools }: Pick<Scenario, 'pools'>,
  { availability, observedMs }: Pick<RunSummary, 'availability' | 'observedMs'>,
): number[] {
  return pools.map(({ replicas, scaling }, i) => {
    if (scaling === undefined || availability === null) return replicas
    return (1000 * availability[i]!.paidS) / observedMs + scaling.warm
  })
}

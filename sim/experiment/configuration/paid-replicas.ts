import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { RunSummary } from '../../stats/index.ts'

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

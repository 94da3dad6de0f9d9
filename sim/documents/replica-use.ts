import type { Result } from './documents.ts'
import type { Plan } from './plan-document.ts'

/** Replicas of a pool that its work needs and that are paid for, over the traffic. */
export type ReplicaUse = NonNullable<Plan['replica_use']>[number]

/** Of the pools whose capacity is known. */
export function replicaUse({ pools }: Pick<Result, 'pools'>): ReplicaUse[] {
  return pools.flatMap(({ name, replicas, needed_replicas: need, availability }) => {
    if (need === undefined) return []
    // both have as many intervals
    const paid = availability?.series.paid ?? need.mean.map(() => replicas)
    return [{ name, every_s: need.every_s, needed: need.mean, paid }]
  })
}

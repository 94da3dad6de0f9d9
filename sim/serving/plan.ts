import type { Batching, Routing, Scenario } from '../../scenarios/schema.ts'
import type { Ms } from './ports.ts'

/** What the control plane needs to know of a pool. */
export interface PoolPlan {
  readonly index: number
  readonly name: string
  readonly replicas: number
  readonly perReplicaQueues: boolean
  readonly routing: Routing
  /** waiting requests of one queue; Infinity for no bound */
  readonly maxLength: number
  /** Infinity for none */
  readonly queueTimeoutMs: Ms
  readonly batching: Batching
  /** lengths are padded up to a multiple of this */
  readonly padTo: number
}

/** What the control plane needs to know of a scenario. */
export interface ServingPlan {
  readonly routing: Routing
  readonly pools: readonly PoolPlan[]
  /** the patience of each class's clients; Infinity for endless */
  readonly patienceMs: readonly Ms[]
}

export function servingPlan(scenario: Scenario): ServingPlan {
  return {
    routing: scenario.router.policy,
    patienceMs: scenario.traffic.map((traffic) => traffic.timeout_ms ?? Number.POSITIVE_INFINITY),
    pools: scenario.pools.map((pool, index) => {
      const model = scenario.models[pool.model]
      if (model === undefined) throw new Error(`Expected model ${pool.model} to exist`)
      return {
        index,
        name: pool.name,
        replicas: pool.replicas,
        perReplicaQueues: pool.queue.mode === 'per-replica',
        routing: pool.queue.routing,
        maxLength: pool.queue.max_length ?? Number.POSITIVE_INFINITY,
        queueTimeoutMs: pool.queue.timeout_ms ?? Number.POSITIVE_INFINITY,
        batching: pool.batching,
        padTo: 'pad_to' in model ? model.pad_to : 1,
      }
    }),
  }
}

/** The executors of all pools are numbered through, pool by pool. */
export function executorsOf(plan: ServingPlan): readonly { pool: number; replica: number }[] {
  return plan.pools.flatMap((pool, index) =>
    Array.from({ length: pool.replicas }, (_, replica) => ({ pool: index, replica })),
  )
}

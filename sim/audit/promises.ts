import type { Scenario } from '../../scenarios/schema.ts'

type Routing = 'round-robin' | 'least-loaded'
export type Batching = Scenario['pools'][number]['batching']

/** What a scenario promises about queues and batches; Infinity for no limit, times in ms. */
export interface Promises {
  /** among pools */
  readonly routing: Routing
  /** of each class's clients */
  readonly patienceMs: readonly number[]
  readonly pools: readonly PoolPromises[]
}

export interface PoolPromises {
  readonly name: string
  readonly replicas: number
  readonly perReplicaQueues: boolean
  /** among the queues of the pool */
  readonly routing: Routing
  /** waiting requests of one queue */
  readonly maxLength: number
  readonly queueTimeoutMs: number
  readonly batching: Batching
  /** lengths are padded up to a multiple of this */
  readonly padTo: number
}

/** Reads the promises off a scenario that has passed its checks. */
export function promisesOf(scenario: Scenario): Promises {
  const pools: PoolPromises[] = []
  for (const { name, replicas, queue, batching, model } of scenario.pools) {
    const own = scenario.models[model]
    pools.push({
      name,
      replicas,
      perReplicaQueues: queue.mode !== 'shared',
      routing: queue.routing,
      maxLength: limit(queue.max_length),
      queueTimeoutMs: limit(queue.timeout_ms),
      batching,
      padTo: own !== undefined && 'pad_to' in own ? own.pad_to : 1,
    })
  }
  const patienceMs: number[] = []
  for (const { timeout_ms } of scenario.traffic) patienceMs.push(limit(timeout_ms))
  return { routing: scenario.router.policy, patienceMs, pools }
}

const limit = (value: number | undefined) =>
  value === undefined ? Number.POSITIVE_INFINITY : value

/** A queue that is promised, and the executors that serve it: `executors` from `firstExecutor`. */
export interface PromisedQueue {
  readonly number: number
  readonly poolIndex: number
  readonly pool: PoolPromises
  readonly firstExecutor: number
  readonly executors: number
}

/** All queues, numbered through pool by pool, as executors are. */
export function promisedQueues({ pools }: Promises): PromisedQueue[] {
  const queues: PromisedQueue[] = []
  let firstExecutor = 0
  for (const [poolIndex, pool] of pools.entries()) {
    const executors = pool.perReplicaQueues ? 1 : pool.replicas
    const end = firstExecutor + pool.replicas
    for (; firstExecutor < end; firstExecutor += executors) {
      queues.push({ number: queues.length, poolIndex, pool, firstExecutor, executors })
    }
  }
  return queues
}

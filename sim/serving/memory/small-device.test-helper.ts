import { type Mishaps, runWithMemory } from '../../../test/memory-world.ts'
import { planOf, requestsOf } from '../../../test/small-system.ts'
import type { BatchingPlan } from '../batching/batching-plan.ts'
import type { PoolPlan, ServingPlan } from '../plan.ts'
import type { PoolMemoryPlan, ResidencyPlan } from './memory-plan.ts'

export const item = { fixed: 0, perLength: 0, perItem: 10, perToken: 0, perTokenSquared: 0 }
/** Ten bytes for each request on device 0, and no weights. */
const plain: PoolMemoryPlan = {
  devices: [0],
  weightsBytes: 0,
  sums: [item],
  arena: null,
  outOfMemory: [],
  pinned: false,
}
export const roomy: BatchingPlan = { policy: 'dynamic', maxBatch: 8, preferred: [], maxDelayMs: 0 }
export const lru: ResidencyPlan = { eviction: 'lru', gibPerS: 1, setUpMs: 1, shrinks: true }

interface DeviceCase extends Mishaps {
  readonly limitBytes: number
  readonly residency?: ResidencyPlan | null
  readonly pools: readonly (Partial<PoolMemoryPlan> & { readonly pool?: Partial<PoolPlan> })[]
  readonly at: readonly number[]
  readonly lengths?: readonly number[]
  readonly workMs?: number
}

/** Requests go to pools by turns; batches take 10 ms. */
export function run({
  limitBytes,
  residency = null,
  pools,
  at,
  lengths,
  workMs = 10,
  ...rest
}: DeviceCase) {
  const plan: ServingPlan = planOf(
    pools.map(({ pool, ...memory }) => ({
      batching: roomy,
      memory: { ...plain, ...memory, devices: Array<number>(pool?.replicas ?? 1).fill(0) },
      ...pool,
    })),
    { routing: 'round-robin', devices: [{ name: 'card', limitBytes, residency }] },
  )
  const requests = requestsOf(at, lengths && { lengths })
  const { rows, commands, counts } = runWithMemory({ plan, requests }, () => workMs, rest)
  const { columns } = rows
  return {
    commands,
    counts,
    dispatched: [...columns.dispatched],
    started: [...columns.started],
    done: [...columns.done],
    sizes: [...columns.batchSize],
    batchWait: [...columns.batchWait],
    outcome: [...columns.outcome],
    refusal: [...columns.refusal],
  }
}

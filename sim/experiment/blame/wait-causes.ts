import {
  isSwappable,
  type Ms,
  type PoolPlan,
  type ServingPlan,
  topologyOf,
} from '../../serving/index.ts'
import type { RowColumns } from '../../stats/index.ts'
import type { StallRule, WaitParts } from './stall-clock.ts'

/** What a request waits for in its queue, in the order of tables. */
export const WAIT_CAUSES = [
  'other_requests',
  'batch_wait',
  'memory',
  'model_load',
  'lost_replicas',
  'cold_start',
  'engine_admission',
  'other_prompts',
  'other_decodes',
] as const
type WaitCause = (typeof WAIT_CAUSES)[number]

/** The wait of a request by cause, in the order of WAIT_CAUSES. */
export type WaitTimes = Readonly<Record<WaitCause, Ms>>

type Devices = Pick<ServingPlan, 'devices' | 'pools' | 'classes'>

/** The rule by which a pool's waits are divided, without its groups. */
export function stallRule(
  plan: Devices,
  pool: PoolPlan,
): Omit<StallRule, 'groups' | 'groupOf' | 'runs'> {
  const { generation, batching } = pool
  return {
    slots: generation?.maxSequences ?? 1,
    closed: generation?.policy === 'static',
    blind: isSplit(plan, pool),
    windowMs: mayLackMemory(plan, pool) ? windowOf(batching) : Number.POSITIVE_INFINITY,
  }
}

/** Whether a pool sends KV caches to another one, or receives them from it. */
export function isSplit(plan: Devices, { index }: Pick<PoolPlan, 'index'>): boolean {
  const { decodePools, entryPools } = topologyOf(plan)
  return decodePools[index] !== null || !entryPools.includes(index)
}

/** Infinity where rows do not show how long a policy waits for a larger batch. */
function windowOf(batching: PoolPlan['batching']): Ms {
  if (batching.policy === 'none') return 0
  return 'maxDelayMs' in batching ? batching.maxDelayMs : Number.POSITIVE_INFINITY
}

/** Whether a batch that is due may wait for memory. */
export function mayLackMemory({ devices }: Devices, { memory }: PoolPlan): boolean {
  if (memory === undefined) return false
  return (
    memory.arena !== null ||
    memory.devices.some((number) => devices[number]!.limitBytes < Number.POSITIVE_INFINITY)
  )
}

/** The causes of one wait; they add up to it. */
export function waitTimes(
  plan: Devices,
  pool: PoolPlan,
  rows: RowColumns,
  key: number,
  { free, inWindow, lost, cold, stalled, prompts, decodes }: WaitParts,
): WaitTimes {
  const steps = { other_prompts: prompts, other_decodes: decodes }
  const times = { other_requests: stalled, lost_replicas: lost, cold_start: cold, ...steps }
  const none = { batch_wait: 0, memory: 0, model_load: 0, engine_admission: 0 }
  if (pool.generation !== undefined) {
    return { ...none, ...times, engine_admission: Math.max(0, free - prompts - decodes) }
  }
  const swaps = pool.memory !== undefined && isSwappable(plan, pool.index)
  // an executor without its model is neither free nor does it run a batch
  const taken = rows.batch[key]! < 0 ? 0 : rows.batchWait[key]!
  const idle = swaps ? Math.min(free, taken) : free
  const batching = Math.min(idle, inWindow)
  return {
    ...none,
    ...times,
    batch_wait: batching,
    memory: idle - batching,
    model_load: free - idle,
  }
}

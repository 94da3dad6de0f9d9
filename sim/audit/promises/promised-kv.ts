import type { Scenario } from '../../../scenarios/schema/schema.ts'

type Pool = Scenario['pools'][number]

/** KV cache of a replica; Infinity for no limit. */
export interface PromisedKv {
  readonly blocks: number
  readonly blockTokens: number
  /** whether a sequence has a single, contiguous block */
  readonly contiguous: boolean
  /** whether sequences with a common prefix may share blocks */
  readonly prefixCache: boolean
}

const BYTES = { fp32: 4, tf32: 4, fp16: 2, fp8: 1, int8: 1, int4: 0.5 } as const

/** Bytes of the weights of a pool's replica. */
export function weightsBytes({ model, precision }: Pool, { models }: Scenario): number {
  const description = models[model]
  const declared = description && 'work' in description ? description.memory : undefined
  return Math.round((declared?.parameters_millions ?? 0) * 1e6 * BYTES[precision])
}

/** Number and size of the blocks of a pool's replica, from the scenario. */
export function promisedKv(pool: Pool, scenario: Scenario): PromisedKv {
  const { memory, generation } = pool
  const contiguous = memory?.allocator === 'contiguous'
  const paged = generation?.kv_cache?.block_tokens ?? 16
  const blockTokens = contiguous ? memory.reservation_tokens : paged
  const prefixCache = generation?.kv_cache?.prefix_cache ?? false
  const shape = { blockTokens, contiguous, prefixCache }
  const stated = generation?.kv_cache?.blocks ?? Number.POSITIVE_INFINITY
  const model = scenario.models[pool.model]!
  const geometry = 'work' in model ? model.memory?.kv_cache : undefined
  if (memory === undefined || geometry === undefined) {
    return { blocks: stated, ...shape }
  }
  const { layers, heads, head_size: size, precision } = geometry
  // a key and a value
  const blockBytes = blockTokens * 2 * layers * heads * size * BYTES[precision]
  return { blocks: Math.floor(roomOf(pool, scenario) / blockBytes), ...shape }
}

/** Bytes of a replica's memory besides weights. */
function roomOf(pool: Pool, scenario: Scenario): number {
  const { memory } = pool
  if (memory?.device === undefined) {
    const mib = memory?.limit_mib ?? Number.POSITIVE_INFINITY
    return mib * 1024 * 1024 - weightsBytes(pool, scenario)
  }
  let room = 0
  let replicas = 0
  for (const { name, limit_mib: mib } of scenario.devices) {
    if (name === memory.device) room += mib * 1024 * 1024
  }
  for (const candidate of scenario.pools) {
    if (candidate.memory?.device !== memory.device) continue
    room -= candidate.replicas * weightsBytes(candidate, scenario)
    replicas += candidate.replicas
  }
  return room / replicas
}

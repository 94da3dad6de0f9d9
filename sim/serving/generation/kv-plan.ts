import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { isDecoder } from '../../../scenarios/schema/takes-length.ts'
import { declaredPlan, kvTokenBytes, weightsBytesOf } from '../../memory/index.ts'
import { declaredMemory } from '../memory/memory-plan.ts'

/** How large the KV cache of a replica is; Infinity for no limit. */
export interface KvPlan {
  readonly blocks: number
  /** tokens that a block holds */
  readonly blockTokens: number
  /** tokens for which its model has positions, at most; absent: any number */
  readonly context?: number
  /** share of the blocks that admission leaves free while others run */
  readonly watermark: number
  /** whether a block is the reservation of a sequence, which never gets a second one */
  readonly contiguous: boolean
  /** whether blocks of prompts are kept for prompts that begin alike */
  readonly prefixCache: boolean
}

/** What there is for the weights and the KV cache of a replica. */
export interface KvBytes {
  /** of the replica, or of the device that it shares */
  readonly limit: number
  /** of its own model */
  readonly weights: number
  /** left for its KV cache, beside weights and the caches of others on the device */
  readonly cache: number
  readonly token: number
}

/** Whether it could hold a sequence of so many tokens, alone. */
export function couldHoldTokens(kv: KvPlan, tokens: number): boolean {
  const { blocks, blockTokens, contiguous, context = NO_LIMIT } = kv
  const most = contiguous ? Math.min(1, blocks) : blocks
  return tokens <= context && Math.ceil(tokens / blockTokens) <= most
}

const MIB = 2 ** 20
const NO_LIMIT = Number.POSITIVE_INFINITY

export function kvPlan(pool: Pool, scenario: Scenario): KvPlan {
  const cache = pool.generation?.kv_cache
  const bytes = kvBytes(pool, scenario)
  if (pool.memory && 'reservation_tokens' in pool.memory) {
    const { reservation_tokens: blockTokens } = pool.memory
    // a reservation does not grow, so nothing has to be left for running sequences
    const shape = { watermark: 0, contiguous: true, prefixCache: false }
    return { blocks: blocksIn(bytes, blockTokens), blockTokens, ...shape }
  }
  const blockTokens = cache?.block_tokens ?? 16
  const model = scenario.models[pool.model]!
  return {
    ...(isDecoder(model) && { context: model.context }),
    blocks: bytes === null ? (cache?.blocks ?? NO_LIMIT) : blocksIn(bytes, blockTokens),
    blockTokens,
    watermark: cache?.watermark ?? 0.01,
    contiguous: false,
    prefixCache: cache?.prefix_cache ?? false,
  }
}

function blocksIn(bytes: KvBytes | null, blockTokens: number): number {
  return bytes === null ? NO_LIMIT : Math.floor(bytes.cache / (blockTokens * bytes.token))
}

/**
 * Null where the pool states no memory. What the weights on a device leave free is shared evenly
 * among the replicas on it that generate.
 */
export function kvBytes(pool: Pool, { models, pools, devices }: Scenario): KvBytes | null {
  const { memory } = pool
  const declared = declaredMemory(pool, models)
  const token = declared && kvTokenBytes(declared)
  if (memory === undefined || token === null) return null
  const weights = weightsBytes(models, pool)
  if (memory.device === undefined) {
    const limit = memory.limit_mib === undefined ? NO_LIMIT : memory.limit_mib * MIB
    return { limit, weights, cache: limit - weights, token }
  }
  const limit = devices.find(({ name }) => name === memory.device)!.limit_mib * MIB
  const sharing = pools.filter((candidate) => candidate.memory?.device === memory.device)
  const replicas = sharing.reduce((sum, sharer) => sum + sharer.replicas, 0)
  const allWeights = sharing.reduce(
    (sum, sharer) => sum + sharer.replicas * weightsBytes(models, sharer),
    0,
  )
  return { limit, weights, cache: (limit - allWeights) / replicas, token }
}

function weightsBytes(models: Scenario['models'], pool: Pool): number {
  const memory = declaredMemory(pool, models)
  return memory === null ? 0 : weightsBytesOf(declaredPlan(memory, pool.precision))
}

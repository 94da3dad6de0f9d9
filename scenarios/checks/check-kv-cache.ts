import type { Generation, PoolMemory } from '../schema/schema.ts'
import { isDecoder } from '../schema/takes-length.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { lengthRange } from './ordered.ts'
import { atLeast, MIB, mib, modelMemory, PRECISION_BYTES, weightsBytes } from './weights.ts'

type KvCache = NonNullable<Generation['kv_cache']>

/** Checks that the number of KV cache blocks of a replica is known, and declared only once. */
export function checkKvCache(draft: Draft): void {
  for (const pool of draft.pools) {
    if (pool.generation === null) continue
    const { kv_cache: cache } = pool.generation
    if (cache !== undefined) checkCache(cache, pool, draft)
    checkShortest(pool, draft)
    if (pool.memory !== null) checkMemory(pool.memory, pool, draft)
  }
}

function checkCache(cache: KvCache, pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'generation', 'kv_cache']
  const model = draft.modelOf(pool)
  // the memory of a decoder is refused as a whole
  const has = draft.has([...pool.path, 'memory']) && !(model && isDecoder(model))
  if (pool.memory !== null && 'reservation_tokens' in pool.memory) {
    const { allocator } = pool.memory
    draft.unused(path, `with allocator ${allocator} a sequence has one reservation, not blocks`)
  } else if (has) draft.unused([...path, 'blocks'], 'their number follows from the limit of memory')
  else if (cache.blocks === undefined) {
    draft.refuse(path, 'blocks, or memory of the pool, which determines their number', 'neither')
  }
}

/** Checks that the shortest request fits: otherwise every request is refused. */
function checkShortest(pool: PoolDraft, draft: Draft): void {
  const { generation, memory, path } = pool
  const tokens = fewestTokens(pool, draft)
  if (tokens === null) return
  const shortest = `as the shortest request of this pool has ${tokens} tokens`
  if (memory && 'reservation_tokens' in memory && tokens > memory.reservation_tokens) {
    draft.refuse([...path, 'memory', 'reservation_tokens'], `at least ${tokens}, ${shortest}`)
  }
  const cache = generation!.kv_cache
  if (cache?.blocks === undefined || tokens <= cache.blocks * cache.block_tokens) return
  const text = `at least ${Math.ceil(tokens / cache.block_tokens)}, ${shortest}`
  draft.refuse([...path, 'generation', 'kv_cache', 'blocks'], text)
}

/**
 * Fewest tokens of a request in a pool, without the last, which is not computed on; null if the
 * pool has no class.
 */
function fewestTokens(pool: PoolDraft, draft: Draft): number | null {
  const decodes = pool.handOver === null
  const needs = draft.classesOf(pool).map(({ input_tokens, output_tokens, length_schedule }) => {
    if (length_schedule?.length) return 1
    return lengthRange(input_tokens)[0] + (decodes ? lengthRange(output_tokens)[0] - 1 : 0)
  })
  return needs.length === 0 ? null : Math.min(...needs)
}

function checkMemory(memory: PoolMemory, pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'memory']
  if (memory.device === undefined && memory.limit_mib === undefined) {
    draft.refuse(path, 'limit_mib or device, which limits the KV cache', 'neither')
    return
  }
  const device = draft.deviceOf(pool)
  if (device?.residency) {
    const text = 'a device without residency, as pools with generation keep their weights loaded'
    draft.refuse([...path, 'device'], text)
  }
  const needs = needsOf(memory, pool, draft)
  const block = blockBytes(memory, pool, draft)
  if (needs === null || block === null) return
  const { limitMib, replicas, weights } = needs
  const least = weights + replicas * block
  if (least <= limitMib * MIB) return
  const needed = `a block of ${mib(block)} MiB`
  if (memory.device === undefined) {
    draft.refuse([...path, 'limit_mib'], `${atLeast(least)}, for the weights and ${needed}`)
    return
  }
  const text = `a device of ${atLeast(least)}, for all weights and ${needed} for each replica`
  draft.refuse([...path, 'device'], text, `"${memory.device}" of ${limitMib}`)
}

/** The limit of a replica or device, and what shares it; null if it cannot be known. */
function needsOf(memory: PoolMemory, pool: PoolDraft, draft: Draft) {
  const alone = memory.device === undefined
  const limitMib = alone ? memory.limit_mib : draft.deviceOf(pool)?.limit_mib
  if (limitMib === undefined) return null
  const sharing = alone
    ? [{ ...pool, replicas: 1 }]
    : draft.pools.filter((other) => other.memory?.device === memory.device)
  let replicas = 0
  let weights = 0
  for (const other of sharing) {
    const each = weightsBytes(other, draft)
    if (each === null || other.replicas === null) return null
    replicas += other.replicas
    weights += other.replicas * each
  }
  return { limitMib, replicas, weights }
}

function blockBytes(memory: PoolMemory, pool: PoolDraft, draft: Draft): number | null {
  const geometry = modelMemory(pool, draft)?.kv_cache
  if (geometry === undefined) return null
  const { layers, heads, head_size: size, precision } = geometry
  const tokens =
    'reservation_tokens' in memory
      ? memory.reservation_tokens
      : (pool.generation?.kv_cache?.block_tokens ?? 16)
  return tokens * 2 * layers * heads * size * PRECISION_BYTES[precision]
}

import type { ModelMemory, Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import type { PoolMemoryPlan, PoolPlan, ServingPlan } from '../../serving/index.ts'

const KIB = 1024
const MIB = 1024 * KIB
const BYTES = { fp32: 4, tf32: 4, fp16: 2, fp8: 1, int8: 1, int4: 0.5 } as const

/** Bytes of a batch of b requests of length l at a time: `fixed + l perLength + b (…)`. */
export type PromisedBytes = PoolMemoryPlan['sums'][number]

/** The memory that the model of a pool declares; undefined for none. */
function needsOf({ model }: Pool, { models }: Scenario): ModelMemory | undefined {
  const description = models[model]
  return description && 'work' in description ? description.memory : undefined
}

/** The plan of a pool, in which bytes and blocks of its declared model are worked out here. */
export function withDeclaredMemory(plan: PoolPlan, scenario: Scenario): PoolPlan {
  const pool = scenario.pools[plan.index]!
  const needs = needsOf(pool, scenario)
  const { memory, generation } = plan
  if (needs === undefined || memory === undefined) return plan
  const weights = weightsBytes(pool, scenario)
  if (generation !== undefined) {
    const { kv } = generation
    const blocks = needs.kv_cache
      ? blocksIn(roomOf(pool, scenario), needs.kv_cache, kv.blockTokens)
      : kv.blocks
    return {
      ...plan,
      memory: { ...memory, weightsBytes: weights },
      generation: { ...generation, kv: { ...kv, blocks } },
    }
  }
  const together = heldAtOnce(needs)
  const arena = memory.arena && { bytes: memory.arena.bytes, together }
  const sums = together.map(sumOf)
  return { ...plan, memory: { ...memory, weightsBytes: weights, sums, arena } }
}

/** By pool: the shortest load of its model; undefined where loads are measured. */
export function leastLoadsMs(
  { pools, devices }: Pick<ServingPlan, 'pools' | 'devices'>,
  scenario: Scenario,
): (number | undefined)[] {
  return pools.map(({ memory, index }) => {
    if (memory === undefined || needsOf(scenario.pools[index]!, scenario) === undefined) {
      return undefined
    }
    const residency = devices[memory.devices[0]!]!.residency
    if (residency === null || residency.gibPerS === null) return undefined
    return residency.setUpMs + (1000 * memory.weightsBytes) / (residency.gibPerS * KIB * MIB)
  })
}

/** Bytes of the weights of a pool's replica. */
function weightsBytes(pool: Pool, scenario: Scenario): number {
  const millions = needsOf(pool, scenario)?.parameters_millions ?? 0
  return Math.round(millions * 1e6 * BYTES[pool.precision])
}

/** Blocks of a KV cache in so many bytes: each token has a key and a value. */
function blocksIn(
  bytes: number,
  { layers, heads, head_size: size, precision }: NonNullable<ModelMemory['kv_cache']>,
  blockTokens: number,
): number {
  return Math.floor(bytes / (blockTokens * 2 * layers * heads * size * BYTES[precision]))
}

/** Bytes of a replica's memory besides weights. */
function roomOf(pool: Pool, scenario: Scenario): number {
  const { memory } = pool
  if (memory?.device === undefined) {
    const mib = memory?.limit_mib ?? Number.POSITIVE_INFINITY
    return mib * MIB - weightsBytes(pool, scenario)
  }
  let room = 0
  let replicas = 0
  for (const { name, limit_mib: mib } of scenario.devices) {
    if (name === memory.device) room += mib * MIB
  }
  for (const candidate of scenario.pools) {
    if (candidate.memory?.device !== memory.device) continue
    room -= candidate.replicas * weightsBytes(candidate, scenario)
    replicas += candidate.replicas
  }
  return room / replicas
}

/** The buffers in use just after each allocation. */
function heldAtOnce({ input, activations, output }: ModelMemory): PromisedBytes[][] {
  const count = activations.length
  // a buffer is freed after `lives` further allocations
  const alive = (at: number) =>
    activations.filter((activation, j) => j <= at && j + activation.lives >= at)
  const moments = activations.map((_, i) => alive(i))
  const last = [...alive(count), ...(output === undefined ? [] : [output])]
  return [...moments, last].map((held) =>
    (input === undefined ? held : [input, ...held]).map((buffer) => ({
      fixed: KIB * buffer.kib,
      perLength: 0,
      perItem: KIB * buffer.per_item_kib,
      perToken: KIB * buffer.per_token_kib,
      perTokenSquared: KIB * buffer.per_token_squared_kib,
    })),
  )
}

function sumOf(held: readonly PromisedBytes[]): PromisedBytes {
  const sum = (of: (buffer: PromisedBytes) => number) =>
    held.reduce((total, buffer) => total + of(buffer), 0)
  return {
    fixed: sum((buffer) => buffer.fixed),
    perLength: sum((buffer) => buffer.perLength),
    perItem: sum((buffer) => buffer.perItem),
    perToken: sum((buffer) => buffer.perToken),
    perTokenSquared: sum((buffer) => buffer.perTokenSquared),
  }
}

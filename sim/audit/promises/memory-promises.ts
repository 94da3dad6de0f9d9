import type { Model, Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { weightsBytes } from './promised-kv.ts'

const KIB = 1024
const MIB = 1024 * KIB

/** Memory shared by replicas, or dedicated to one; Infinity for no limit. */
export interface PromisedDevice {
  readonly name: string
  readonly limitBytes: number
  /** null where all weights are loaded at the start */
  readonly residency: object | null
}

/** Bytes of a batch of b requests of length l at a time: `fixed + l perLength + b (…)`. */
export interface PromisedBytes {
  readonly fixed: number
  readonly perLength: number
  readonly perItem: number
  readonly perToken: number
  readonly perTokenSquared: number
}

/** A buddy arena of a replica, reserved at the start or when its model is loaded. */
export interface PromisedArena {
  readonly bytes: number
  /** buffers of a batch that are in it at the same time */
  readonly together: readonly (readonly PromisedBytes[])[]
}

/** What a pool requests from devices. */
export interface PromisedMemory {
  /** number of the device of each replica */
  readonly devices: readonly number[]
  /** of each replica */
  readonly weightsBytes: number
  /** a batch takes the largest of these; empty where the scenario does not describe it */
  readonly sums: readonly PromisedBytes[]
  /** null where batches allocate from the device */
  readonly arena: PromisedArena | null
  readonly outOfMemory: readonly ('shrink' | 'evict' | 'split')[]
  readonly pinned: boolean
  /** shortest load of its swapped model; absent where loads take what they are measured to */
  readonly leastLoadMs?: number | undefined
}

/** Devices of the scenario first, then one for each replica with a dedicated device. */
export function promisedDevices({ devices, pools }: Scenario): PromisedDevice[] {
  const all: PromisedDevice[] = []
  for (const { name, limit_mib, residency } of devices) {
    const rates = residency && {
      eviction: residency.eviction,
      gibPerS: residency.gib_per_s,
      setUpMs: residency.set_up_ms,
    }
    all.push({ name, limitBytes: limit_mib * MIB, residency: rates ?? null })
  }
  for (const { memory, name, replicas } of pools) {
    if (memory === undefined || memory.device !== undefined) continue
    const limitBytes = memory.limit_mib === undefined ? Infinity : memory.limit_mib * MIB
    for (let i = 0; i < replicas; i++) {
      all.push({ name: `${name}/${i}`, limitBytes, residency: null })
    }
  }
  return all
}

export function promisedMemory(pool: Pool, scenario: Scenario): PromisedMemory | undefined {
  const { memory } = pool
  if (memory === undefined) return undefined
  const before = scenario.pools.slice(0, scenario.pools.indexOf(pool))
  const isDedicated = (candidate: Pool) =>
    candidate.memory !== undefined && candidate.memory.device === undefined
  const first = before
    .filter(isDedicated)
    .reduce((sum, earlier) => sum + earlier.replicas, scenario.devices.length)
  const shared = scenario.devices.findIndex(({ name }) => name === memory.device)
  const model = scenario.models[pool.model]
  const needs = model !== undefined && 'work' in model ? model.memory : undefined
  const { allocator } = memory
  const generates = allocator === 'paged' || allocator === 'contiguous'
  const together = needs === undefined ? [] : heldAtOnce(needs)
  return {
    devices: Array.from({ length: pool.replicas }, (_, i) => (shared < 0 ? first + i : shared)),
    weightsBytes: weightsBytes(pool, scenario),
    sums: pool.generation === undefined ? together.map(sumOf) : [],
    arena: allocator === 'buddy' ? { bytes: Math.floor(memory.arena_mib * MIB), together } : null,
    outOfMemory: generates
      ? []
      : (memory.out_of_memory ?? (allocator === 'buddy' ? [] : ['shrink'])),
    pinned: memory.pinned === true,
    leastLoadMs: needs && leastLoadMs(scenario.devices[shared], weightsBytes(pool, scenario)),
  }
}

function leastLoadMs(device: Scenario['devices'][number] | undefined, bytes: number) {
  const { gib_per_s, set_up_ms } = device?.residency ?? {}
  if (gib_per_s === undefined || set_up_ms === undefined) return undefined
  return set_up_ms + (1000 * bytes) / (gib_per_s * KIB * MIB)
}

type Needs = NonNullable<Extract<Model, { work: unknown }>['memory']>

/** The buffers in use just after each allocation. */
function heldAtOnce({ input, activations, output }: Needs): PromisedBytes[][] {
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

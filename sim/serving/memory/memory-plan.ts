import {
  allocators,
  type ModelMemory,
  type Pool,
  type PoolMemory,
  type Scenario,
  servesBatches,
} from '../../../scenarios/schema/schema.ts'
import { Empirical } from '../../kernel/index.ts'
import {
  type ActivationPlan,
  type Bytes,
  declaredPlan,
  heldSums,
  heldTogether,
  weightsBytesOf,
} from '../../memory/index.ts'
import type { Ms } from '../ports.ts'
import type { ArenaPlan } from './arena.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const endless = Number.POSITIVE_INFINITY

/** Memory that replicas share, or that one has for itself. */
export interface DevicePlan {
  readonly name: string
  /** Infinity for none */
  readonly limitBytes: number
  /** null where all weights are there from the beginning */
  readonly residency: ResidencyPlan | null
}

export interface ResidencyPlan {
  readonly eviction: 'lru' | 'lfu' | 'cost-aware'
  /** null where a calibration has measured how long loads take */
  readonly gibPerS: number | null
  /** of every load, besides */
  readonly setUpMs: Ms
  /** whether arenas give back what they can where a load finds no memory */
  readonly shrinks: boolean
}

/** What is tried in turn for a batch that ran out of memory. */
export type Remedy = 'shrink' | 'evict' | 'split'

/** The memory of a pool for the control plane, which counts requested bytes. */
export interface PoolMemoryPlan {
  /** number of the device of each replica */
  readonly devices: readonly number[]
  /** of each replica */
  readonly weightsBytes: number
  /** a batch takes the largest of these sums, beside the weights; none where they are unknown */
  readonly sums: readonly Bytes[]
  /** the arena that batches take it from; null where they take it from the device */
  readonly arena: ArenaPlan | null
  readonly outOfMemory: readonly Remedy[]
  /** resident from the beginning, and never evicted */
  readonly pinned: boolean
  /** mean of its measured loads; undefined where there are none */
  readonly loadMs?: Ms | undefined
}

/**
 * The devices of a scenario: those that it names, then one for each replica that shares none. And
 * the memory of each pool on them. `activations`: by pool; null for those of a declared model.
 */
export function memoryPlan(
  { devices: named, pools, models }: Scenario,
  activations: readonly (ActivationPlan | null)[] = [],
): {
  readonly devices: readonly DevicePlan[]
  readonly pools: readonly (PoolMemoryPlan | undefined)[]
} {
  const devices: DevicePlan[] = named.map(({ name, limit_mib, residency }) => ({
    name,
    limitBytes: limit_mib * MIB,
    residency: residency
      ? {
          eviction: residency.eviction,
          gibPerS: residency.gib_per_s ?? null,
          setUpMs: residency.set_up_ms,
          shrinks: true,
        }
      : null,
  }))
  const memories = pools.map((pool, index): PoolMemoryPlan | undefined => {
    const { memory, name, replicas } = pool
    if (memory === undefined) return undefined
    const shared = named.findIndex((device) => device.name === memory.device)
    const numbers = Array.from({ length: replicas }, (_, replica) => {
      if (shared >= 0) return shared
      const limitBytes = memory.limit_mib === undefined ? endless : memory.limit_mib * MIB
      return devices.push({ name: `${name}/${replica}`, limitBytes, residency: null }) - 1
    })
    const plan = activations[index] ?? declared(pool, models)
    return {
      devices: numbers,
      weightsBytes: plan === null ? 0 : Math.ceil(weightsBytesOf(plan)),
      sums: plan === null || pool.generation ? [] : heldSums(plan),
      arena: 'arena_mib' in memory ? arenaOf(memory.arena_mib, plan) : null,
      outOfMemory: remedies(memory),
      pinned: memory.pinned ?? false,
      loadMs: plan?.loadMs && new Empirical(plan.loadMs).mean,
    }
  })
  return { devices, pools: memories }
}

/**
 * How long loads of a pool's model take in the mean, if nothing else uses the link. Throws where
 * they are not known.
 */
export function expectedLoadMs(
  { weightsBytes, loadMs: measured }: PoolMemoryPlan,
  { gibPerS, setUpMs }: ResidencyPlan,
): Ms {
  if (gibPerS !== null) return setUpMs + (1000 * weightsBytes) / (gibPerS * GIB)
  if (measured === undefined) throw new Error('Expected loads to be declared or measured')
  return measured
}

/** Whether the model of a pool is swapped. */
export function isSwappable(
  plan: {
    readonly devices: readonly DevicePlan[]
    readonly pools: readonly { readonly memory?: PoolMemoryPlan | undefined }[]
  },
  pool: number,
): boolean {
  const { devices, pools } = plan
  const { memory } = pools[pool]!
  if (memory === undefined || memory.pinned) return false
  return memory.devices.some((device) => devices[device]!.residency !== null)
}

/** The plan for a live run, where no arena gives memory back. */
export function liveMemory(plan: PoolMemoryPlan): PoolMemoryPlan {
  return { ...plan, outOfMemory: plan.outOfMemory.filter((remedy) => remedy === 'split') }
}

export function liveDevice(plan: DevicePlan): DevicePlan {
  const { residency } = plan
  return residency === null ? plan : { ...plan, residency: { ...residency, shrinks: false } }
}

/** Engines make room by their own ledgers; an arena that never grows has nothing to release. */
function remedies(memory: PoolMemory): readonly Remedy[] {
  if (!servesBatches(memory)) return []
  return memory.out_of_memory ?? (allocators[memory.allocator].arena ? [] : ['shrink'])
}

function arenaOf(mib: number, plan: ActivationPlan | null): ArenaPlan {
  return { bytes: Math.floor(mib * MIB), together: plan === null ? [] : heldTogether(plan) }
}

/** The memory of a declared model; null where none is declared. */
export function declaredMemory(pool: Pool, models: Scenario['models']): ModelMemory | null {
  const model = models[pool.model]
  return model !== undefined && 'work' in model ? (model.memory ?? null) : null
}

function declared(pool: Pool, models: Scenario['models']): ActivationPlan | null {
  const memory = declaredMemory(pool, models)
  return memory && declaredPlan(memory, pool.precision)
}

import type { Scenario } from '../../scenarios/index.ts'
import type { ArenaDocument, ArenaReplica } from '../../sim/documents/index.ts'
import { hasSwappableModel } from '../../sim/experiment/index.ts'
import { sum } from '../../sim/kernel/index.ts'
import { fullestSpace, SpaceRecorder, type SpaceSummary } from '../../sim/stats/index.ts'
import { hasLastingArena, hasObservedArena } from './memory-pass.ts'

const MIB = 2 ** 20

/** Figures that arenas do not report. */
const UNTOLD = { largestFree: Number.NaN, external: Number.NaN, pinnedFree: Number.NaN } as const

/**
 * Memory of arenas in a replay, in the form of a simulated result: one space for each device that
 * pools share, and one for each pool whose replicas have separate devices. A space is left out if
 * one of its replicas could not be observed.
 */
export function measuredSpaces(scenario: Scenario, arena: ArenaDocument): SpaceSummary[] {
  const lasting = scenario.devices.filter(({ residency }) => residency === undefined)
  const shared = lasting.flatMap(({ name, limit_mib }) => {
    const pools = scenario.pools.filter(({ memory }) => memory?.device === name)
    if (pools.length === 0 || !pools.every(hasObservedArena)) return []
    const names = pools.map((pool) => pool.name)
    const replicas = arena.replicas.filter(({ pool }) => names.includes(pool))
    return [spaceOf(scenario, { name, shared: true, pools: names, limit_mib }, replicas)]
  })
  const separate = scenario.pools.flatMap((pool) => {
    if (!hasObservedArena(pool) || pool.memory?.device !== undefined) return []
    const { name } = pool
    const head = { name, shared: false, pools: [name], limit_mib: pool.memory?.limit_mib }
    const replicas = arena.replicas.filter((replica) => replica.pool === name)
    return [fullestSpace(replicas.map((replica) => spaceOf(scenario, head, [replica])))]
  })
  return [...shared, ...separate]
}

interface Head {
  readonly name: string
  readonly shared: boolean
  readonly pools: readonly string[]
  readonly limit_mib: number | undefined
}

function spaceOf(
  scenario: Scenario,
  { name, shared, pools, limit_mib }: Head,
  replicas: readonly ArenaReplica[],
): SpaceSummary {
  const weights = replicas.map((replica) => replica.apart_bytes + sum(replica.reserved_bytes))
  const recorder = new SpaceRecorder(
    {
      name,
      shared,
      pools,
      allocators: pools.map(() => 'bfc'),
      limitBytes: limit_mib === undefined ? Number.POSITIVE_INFINITY : limit_mib * MIB,
      weightsBytes: sum(weights),
    },
    1000 * scenario.duration_s,
  )
  const states = weights.map((bytes) => ({ requested: bytes, inUse: bytes, held: bytes }))
  const sample = (now: number) => {
    const total = (key: 'requested' | 'inUse' | 'held') => sum(states.map((state) => state[key]))
    const levels = { requested: total('requested'), inUse: total('inUse'), held: total('held') }
    recorder.sample(now, { ...levels, ...UNTOLD })
  }
  sample(0)
  for (const { now, replica, ...change } of changesOf(replicas, weights)) {
    states[replica] = change
    sample(now)
  }
  recorder.counts.extensions = sum(replicas.map(({ extensions }) => extensions.length))
  return recorder.summary({ residency: false })
}

/** State changes of all replicas in order of time; ms and bytes. */
function changesOf(replicas: readonly ArenaReplica[], weights: readonly number[]) {
  const changes = replicas.flatMap((arena, replica) => {
    let held = weights[replica]!
    return arena.sizes.flatMap((_, batch) => {
      for (const extension of arena.extensions) {
        if (extension.batch === batch) held += extension.bytes
      }
      const idle = weights[replica]!
      const inUse = arena.apart_bytes + arena.in_use_bytes[batch]!
      const requested = arena.apart_bytes + arena.requested_bytes[batch]!
      return [
        { now: arena.started_ms[batch]!, replica, requested, inUse, held },
        { now: arena.ended_ms[batch]!, replica, requested: idle, inUse: idle, held },
      ]
    })
  })
  return changes.sort((a, b) => a.now - b.now)
}

/** Warnings about the memory of a replay, pool by pool. */
export function memoryWarnings(scenario: Scenario, arena: ArenaDocument | null): string[] {
  const { pools } = scenario
  const limits = pools.flatMap(({ name, memory }) =>
    memory?.limit_mib === undefined && memory?.device === undefined
      ? []
      : [
          `pool ${name}: ONNX Runtime in Node takes no limit, so only the control plane's ledger limits memory`,
        ],
  )
  const unseen = pools.flatMap((pool) => {
    if (pool.memory === undefined || hasLastingArena(scenario, pool)) return []
    const on = hasSwappableModel(scenario, pool)
      ? 'released with its model'
      : `on ${pool.execution_provider}`
    return [`pool ${pool.name}: its allocator, ${on}, is not observed`]
  })
  const part = (arena?.replicas ?? []).flatMap(({ pool, replica, left_out }) =>
    left_out === null
      ? []
      : [`pool ${pool}, replica ${replica + 1}: memory is measured in part: ${left_out}`],
  )
  return [...limits, ...unseen, ...part]
}

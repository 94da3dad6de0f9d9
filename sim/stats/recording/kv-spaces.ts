import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import {
  type KvUse,
  kvBytes,
  type Ms,
  NO_USE,
  type Observer,
  type ServingPlan,
} from '../../serving/index.ts'
import {
  fullestSpace,
  type SpaceChunk,
  SpaceRecorder,
  type SpaceState,
  type SpaceSummary,
} from './space-recorder.ts'

/** A replica, the bytes of its weights, blocks and tokens, and the use of its KV cache. */
interface Replica {
  readonly pool: string
  readonly weights: number
  readonly block: number
  readonly token: number
  use: KvUse
}

/** A device and its replicas. */
interface Space {
  readonly recorder: SpaceRecorder
  readonly replicas: Replica[]
}

/**
 * Memory of pools that generate: weights, and KV caches that are reserved as a whole at the start.
 * Any free block or reservation can be used, so free memory is one chunk, and all fragmentation is
 * internal. Preemptions for lack of blocks are shortages.
 */
export class KvSpaces implements Observer {
  readonly #maps: boolean
  /** by executor; null where its pool does not generate or has no `memory` */
  readonly #replicaOf: ({ readonly space: Space; readonly replica: Replica } | null)[] = []
  /** by device of the scenario, or by pool with dedicated devices */
  readonly #groups = new Map<string, Space[]>()

  /** `maps`: whether the address space is recorded. */
  constructor(scenario: Scenario, plan: ServingPlan, maps: boolean) {
    this.#maps = maps
    for (const [i, pool] of scenario.pools.entries()) {
      const kv = plan.pools[i]!.generation?.kv
      const bytes = kvBytes(pool, scenario)
      for (let number = 0; number < pool.replicas; number++) {
        if (kv === undefined || bytes === null) {
          this.#replicaOf.push(null)
          continue
        }
        const space = this.#spaceOf(pool, scenario, bytes.limit)
        const block = kv.blockTokens * bytes.token
        const use = { ...NO_USE, free: kv.blocks }
        const { weights, token } = bytes
        const replica = { pool: pool.name, weights, block, token, use }
        space.replicas.push(replica)
        this.#replicaOf.push({ space, replica })
        // the cache is one region, reserved at the start
        space.recorder.counts.extensions++
      }
    }
    for (const { recorder, replicas } of [...this.#groups.values()].flat()) {
      recorder.sample(0, stateOf(replicas))
    }
  }

  /** Whether any pool generates and has `memory`. */
  get areUsed(): boolean {
    return this.#groups.size > 0
  }

  kv(now: Ms, use: KvUse): void {
    const located = this.#replicaOf[use.executor]!
    if (located === null) return
    located.replica.use = use
    const { recorder, replicas } = located.space
    recorder.sample(now, stateOf(replicas))
    if (this.#maps && recorder.wantsMap(now)) {
      recorder.map(now, chunksOf(replicas, recorder.head.shared))
    }
  }

  summaries(): SpaceSummary[] {
    return [...this.#groups.values()].map((spaces) => {
      const spaceSummaries = spaces.map(({ recorder, replicas }) => {
        recorder.counts.shortage = replicas.reduce((sum, { use }) => sum + use.shortages, 0)
        return recorder.summary({ residency: false })
      })
      return fullestSpace(spaceSummaries)
    })
  }

  /** The device of a further replica of a pool. */
  #spaceOf(pool: Pool, scenario: Scenario, limitBytes: number): Space {
    const { device } = pool.memory!
    const key = device === undefined ? `pool ${pool.name}` : `device ${device}`
    const spaces = this.#groups.get(key) ?? []
    this.#groups.set(key, spaces)
    if (device !== undefined && spaces.length > 0) return spaces[0]!
    const shares = ({ memory }: Pool) => memory?.device === device
    const pools = device === undefined ? [pool] : scenario.pools.filter(shares)
    const weights = pools.map((entry) => {
      const replicas = device === undefined ? 1 : entry.replicas
      return replicas * (kvBytes(entry, scenario)?.weights ?? 0)
    })
    const head = {
      name: device ?? pool.name,
      shared: device !== undefined,
      pools: pools.map(({ name }) => name),
      allocators: pools.map(({ memory }) => memory!.allocator),
      limitBytes,
      weightsBytes: weights.reduce((sum, bytes) => sum + bytes, 0),
    }
    const space = { recorder: new SpaceRecorder(head, 1000 * scenario.duration_s), replicas: [] }
    spaces.push(space)
    return space
  }
}

function stateOf(replicas: readonly Replica[]): SpaceState {
  let requested = 0
  let inUse = 0
  let free = 0
  for (const { weights, block, token, use } of replicas) {
    requested += weights + use.tokens * token
    inUse += weights + use.used * block
    // cached blocks are evicted when they are needed
    free += (use.free + use.kept) * block
  }
  return { requested, inUse, held: inUse + free, largestFree: free, external: 0, pinnedFree: 0 }
}

/** Weights and caches, replica after replica; each cache is drawn with its used blocks first. */
function chunksOf(replicas: readonly Replica[], shared: boolean): SpaceChunk[] {
  const chunks: SpaceChunk[] = []
  let address = 0
  for (const { pool, weights, block, use } of replicas) {
    const parts = [
      ['weights', weights],
      ['KV cache', use.used * block],
      ['cached prefixes', use.kept * block],
      ['free', use.free * block],
    ] as const
    for (const [part, bytes] of parts) {
      if (bytes === 0) continue
      const owner = shared && part !== 'free' ? `${pool}: ${part}` : part
      chunks.push({ address, bytes, owner })
      address += bytes
    }
  }
  return chunks
}

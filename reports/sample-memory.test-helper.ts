import { modelMemory } from '../scenarios/schema/schema-memory.ts'
import type { MemorySpace } from '../sim/documents/index.ts'
import { memoryResult } from '../sim/experiment/figures/memory.ts'
import { Random } from '../sim/kernel/index.ts'
import {
  BfcArena,
  Device,
  declaredPlan,
  OUT_OF_MEMORY,
  type OwnedChunk,
  PagedAllocator,
  ReplicaMemory,
} from '../sim/memory/index.ts'
import {
  type SpaceChunk,
  type SpaceHead,
  SpaceRecorder,
  type SpaceState,
  type SpaceSummary,
} from '../sim/stats/recording/space-recorder.ts'

/** Memory of a few runs of real allocators under light traffic. */

const MIB = 2 ** 20
const DURATION_MS = 30_000
const RUNS = 3

const PLAN = declaredPlan(
  modelMemory.parse({
    parameters_millions: 12,
    input: { per_token_kib: 1 },
    activations: [
      { per_token_kib: 24, lives: 2 },
      { per_token_kib: 10, lives: 2 },
      { per_token_kib: 30, lives: 2 },
      { per_token_kib: 6 },
    ],
    output: { per_item_kib: 96 },
  }),
  'fp32',
)

interface ArenaRun {
  readonly name: string
  readonly shared: boolean
  readonly pools: readonly string[]
  readonly limitMib: number
  readonly seed: string
}

/** One run of a device with an arena for each of its pools; a batch ends when its next begins. */
function arenaRun({ name, shared, pools, limitMib, seed }: ArenaRun): SpaceSummary {
  const device = new Device(limitMib * MIB)
  const plan = { activations: PLAN, pattern: true, arenaBytes: 0 }
  const replicas = pools.map(
    () => new ReplicaMemory(device, { ...plan, allocator: (on) => new BfcArena(on) }),
  )
  for (const replica of replicas) replica.load()
  const weights = replicas.reduce((sum, { weightsBytes }) => sum + weightsBytes, 0)
  const recorder = new SpaceRecorder(
    {
      name,
      shared,
      pools,
      allocators: pools.map(() => 'bfc'),
      limitBytes: limitMib * MIB,
      weightsBytes: weights,
    },
    DURATION_MS,
  )
  const random = new Random(seed)
  const { counts } = recorder
  for (let now = 20; now < DURATION_MS; now += 40 + 160 * random.uniform()) {
    const replica = replicas[random.integer(replicas.length)]!
    const surge = Math.exp(-(((now / DURATION_MS - 0.5) / 0.2) ** 2))
    const size = 4 + random.integer(4 + Math.floor(10 * surge))
    const length = 16 * (1 + random.integer(6))
    const run = () => {
      if (replica.running) replica.end()
      const failed = replica.run(size, length, true)
      counts.extensions += replica.extensions.length
      recorder.sample(now, stateOf(replicas, device))
      return failed
    }
    let failed = run()
    if (failed < 0) {
      counts[failed === OUT_OF_MEMORY.shortage ? 'shortage' : 'fragmentation']++
      for (const neighbour of replicas) {
        if (neighbour.running) neighbour.end()
        neighbour.shrink()
      }
      counts.shrunk++
      failed = run()
      if (failed < 0) counts.failed++
    }
    if (!recorder.wantsMap(now)) continue
    recorder.map(
      now,
      placed(
        replicas.map((source) => source.layout ?? source.chunks()),
        shared ? pools : null,
      ),
    )
  }
  for (let i = 0; i < 12; i++) recorder.loaded(pools[i % pools.length]!, 8 + i)
  Object.assign(recorder.residency, { loads: 12, evictions: 9 })
  Object.assign(recorder.cold, { part: 40, of: 1000 })
  return recorder.summary({ residency: shared })
}

function stateOf(replicas: readonly ReplicaMemory[], device: Device): SpaceState {
  const sum = (key: 'requestedBytes' | 'inUseBytes' | 'heldBytes' | 'pinnedFreeBytes') =>
    replicas.reduce((total, { state }) => total + state[key], 0)
  const [held, inUse] = [sum('heldBytes'), sum('inUseBytes')]
  const largest = Math.max(...replicas.map(({ state }) => state.largestFreeBytes))
  return {
    requested: sum('requestedBytes'),
    inUse,
    held,
    pinnedFree: sum('pinnedFreeBytes'),
    largestFree: Math.max(largest, device.freeBytes),
    external: held > inUse ? 1 - largest / (held - inUse) : 0,
  }
}

/** Chunks of all replicas, one replica after another. */
function placed(layouts: readonly (readonly OwnedChunk[])[], pools: readonly string[] | null) {
  let address = 0
  return layouts.flatMap((layout, i) =>
    layout.map(({ bytes, owner }): SpaceChunk => {
      address += bytes
      return { address: address - bytes, bytes, owner: pools ? `${pools[i]}: ${owner}` : owner }
    }),
  )
}

/** One run of a pool with generation whose KV cache is in blocks. */
function pagedRun(name: string, seed: string): SpaceSummary {
  const [weights, cache, block] = [200 * MIB, 300 * MIB, 2 * MIB]
  const device = new Device(weights + cache)
  const pages = new PagedAllocator(device, {
    arenaBytes: cache,
    blockTokens: 16,
    tokenBytes: block / 16,
  })
  const head: SpaceHead = {
    name,
    shared: false,
    pools: [name],
    allocators: ['paged'],
    limitBytes: weights + cache,
    weightsBytes: weights,
  }
  const recorder = new SpaceRecorder(head, DURATION_MS)
  const random = new Random(seed)
  const running: number[] = []
  for (let now = 0; now < DURATION_MS; now += 100) {
    const handle = pages.allocate((1 + random.integer(200)) * (block / 16))
    if (handle >= 0) running.push(handle)
    else recorder.counts.shortage++
    if (handle < 0 || random.uniform() < 0.4) pages.free(running.shift()!)
    const { requestedBytes, inUseBytes } = pages.statistics()
    const free = cache - inUseBytes
    recorder.sample(now, {
      requested: weights + requestedBytes,
      inUse: weights + inUseBytes,
      held: weights + cache,
      largestFree: free,
      external: 0,
      pinnedFree: 0,
    })
    if (!recorder.wantsMap(now)) continue
    recorder.map(now, [
      { address: 0, bytes: weights, owner: 'weights' },
      { address: weights, bytes: inUseBytes, owner: 'KV cache' },
      { address: weights + inUseBytes, bytes: free / 4, owner: 'cached prefixes' },
      { address: weights + inUseBytes + free / 4, bytes: (free * 3) / 4, owner: 'free' },
    ])
  }
  return recorder.summary({ residency: false })
}

const made = new Map<string, MemorySpace[]>()

/**
 * Three spaces: a pool with enough memory, a device that two arenas fragment until it runs out, and
 * a pool with generation. Measured runs have only the first, without a map.
 */
export function sampleMemory(world: 'simulated' | 'measured', pool: string): MemorySpace[] {
  const key = `${world} ${pool}`
  const known = made.get(key) ?? spacesOf(world === 'measured', pool)
  made.set(key, known)
  return structuredClone(known)
}

function spacesOf(measured: boolean, pool: string): MemorySpace[] {
  const separate = { name: pool, shared: false, pools: [pool], limitMib: 320 }
  const card = {
    name: 'card',
    shared: true,
    pools: [pool, 'ranker'],
    limitMib: 240,
    weightsMib: 24,
  }
  const runs = Array.from({ length: RUNS }, (_, i) => {
    const seed = `${measured ? 'measured' : 'simulated'}-${i}`
    const first = arenaRun({ ...separate, seed })
    return measured ? [first] : [first, arenaRun({ ...card, seed }), pagedRun('engine', seed)]
  })
  return memoryResult(runs).map((space) => (measured ? { ...space, map: [] } : space))
}

import { Random } from '../sim/kernel/index.ts'
import { BfcArena, Device, OUT_OF_MEMORY, PagedAllocator } from '../sim/memory/index.ts'
import type { MemorySpace } from '../sim/stats/index.ts'
import { memoryResult } from '../sim/stats/memory-result.ts'
import {
  type SpaceChunk,
  type SpaceHead,
  SpaceRecorder,
  type SpaceSummary,
} from '../sim/stats/space-recorder.ts'

/** Memory of a few runs of real allocators under a little traffic. */

const MIB = 2 ** 20
const KIB = 1024
const DURATION_MS = 30_000
const RUNS = 3

type Look = () => void

/** One model and its arena; a batch of a shape that was seen before takes one block. */
class Session {
  readonly arena: BfcArena
  readonly #pool: string
  readonly #owners = new Map<number, string>()
  readonly #seen = new Set<string>()
  #staged: number[] = []

  constructor(device: Device, pool: string, weightsBytes: number) {
    this.arena = new BfcArena(device)
    this.#pool = pool
    this.#owners.set(this.arena.reserve(weightsBytes), 'weights')
  }

  /** Runs a batch and looks at memory after each take. Returns 0, or why it could not. */
  run(size: number, length: number, look: Look): number {
    this.#freeAll(this.#staged)
    const tokens = size * length
    const shape = `${size} x ${length}`
    const known = this.#seen.has(shape)
    this.#seen.add(shape)
    const inner = known
      ? [[`pattern ${shape}`, 60 * KIB * tokens] as const]
      : [24, 10, 30, 6].map((kib) => [`batch ${shape}`, kib * KIB * tokens] as const)
    const staged: number[] = []
    const running: number[] = []
    const wanted = [
      ['input', KIB * tokens] as const,
      ...inner,
      ['output', 96 * KIB * size] as const,
    ]
    for (const [owner, bytes] of wanted) {
      const handle = this.arena.allocate(bytes)
      if (handle < 0) {
        this.#freeAll([...running, ...staged])
        return handle
      }
      this.#owners.set(handle, owner)
      if (owner === 'input' || owner === 'output') staged.push(handle)
      else if (running.push(handle) > 2) this.arena.free(running.shift()!)
      look()
    }
    this.#freeAll(running)
    this.#staged = staged
    return 0
  }

  chunks(base: number, shared: boolean): SpaceChunk[] {
    return [...this.arena.chunks()].map(({ address, bytes, handle }) => {
      const owner = handle < 0 ? 'free' : this.#owners.get(handle)!
      return { address: base + address, bytes, owner: shared ? `${this.#pool}: ${owner}` : owner }
    })
  }

  #freeAll(handles: number[]): void {
    for (const handle of handles.splice(0)) this.arena.free(handle)
  }
}

interface ArenaRun {
  readonly name: string
  readonly shared: boolean
  readonly pools: readonly string[]
  readonly limitMib: number
  readonly weightsMib: number
  readonly seed: string
}

/** One run of a device with an arena for each of its pools. */
function arenaRun({ name, shared, pools, limitMib, weightsMib, seed }: ArenaRun): SpaceSummary {
  const device = new Device(limitMib * MIB)
  const sessions = pools.map((pool) => new Session(device, pool, weightsMib * MIB))
  const head: SpaceHead = {
    name,
    shared,
    pools,
    allocators: pools.map(() => 'bfc'),
    limitBytes: limitMib * MIB,
    weightsBytes: pools.length * weightsMib * MIB,
  }
  const recorder = new SpaceRecorder(head, DURATION_MS)
  const random = new Random(seed)
  const sample = (now: number) => {
    const all = sessions.map(({ arena }) => arena.statistics())
    const sum = (key: 'requestedBytes' | 'inUseBytes' | 'heldBytes' | 'pinnedFreeBytes') =>
      all.reduce((total, one) => total + one[key], 0)
    const [held, inUse] = [sum('heldBytes'), sum('inUseBytes')]
    const largest = Math.max(...all.map(({ largestFreeBytes }) => largestFreeBytes))
    recorder.sample(now, {
      requested: sum('requestedBytes'),
      inUse,
      held,
      largestFree: Math.max(largest, device.freeBytes),
      external: held > inUse ? 1 - largest / (held - inUse) : 0,
      pinnedFree: sum('pinnedFreeBytes'),
    })
  }
  const { counts } = recorder
  for (let now = 20; now < DURATION_MS; now += 40 + 160 * random.uniform()) {
    const session = sessions[random.integer(sessions.length)]!
    const surge = Math.exp(-(((now / DURATION_MS - 0.5) / 0.2) ** 2))
    const size = 4 + random.integer(4 + Math.floor(10 * surge))
    const length = 16 * (1 + random.integer(6))
    let [most, chunks] = [0, [] as SpaceChunk[]]
    const look = () => {
      sample(now)
      const inUse = sessions.reduce((sum, { arena }) => sum + arena.statistics().inUseBytes, 0)
      if (!recorder.wantsMap(now) || inUse < most) return
      const base = (i: number) => Math.ceil((i * limitMib) / pools.length) * MIB
      most = inUse
      chunks = sessions.flatMap((one, i) => one.chunks(base(i), shared))
    }
    let outcome = session.run(size, length, look)
    if (outcome < 0) {
      counts[outcome === OUT_OF_MEMORY.shortage ? 'shortage' : 'fragmentation']++
      counts.shrunk++
      for (const { arena } of sessions) arena.shrink()
      outcome = session.run(size, length, look)
      if (outcome < 0) counts.failed++
    }
    if (recorder.wantsMap(now)) recorder.map(now, chunks)
    sample(now)
  }
  Object.assign(recorder.residency, { loads: 12, evictions: 9 })
  Object.assign(recorder.cold, { part: 40, of: 1000 })
  return recorder.summary({ residency: shared, prefix: false })
}

/** One run of an engine whose KV cache is in blocks. */
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
  Object.assign(recorder.prefix, { part: 1200, of: 4000 })
  return recorder.summary({ residency: false, prefix: true })
}

const made = new Map<string, MemorySpace[]>()

/**
 * Three spaces: a pool with memory enough, a device that two arenas fragment until it runs out, and
 * an engine. Of measured runs only the first, without a map.
 */
export function sampleMemory(world: 'simulated' | 'measured', pool: string): MemorySpace[] {
  const key = `${world} ${pool}`
  const known = made.get(key) ?? spacesOf(world === 'measured', pool)
  made.set(key, known)
  return structuredClone(known)
}

function spacesOf(measured: boolean, pool: string): MemorySpace[] {
  const own = { name: pool, shared: false, pools: [pool], limitMib: 320, weightsMib: 48 }
  const card = {
    name: 'card',
    shared: true,
    pools: [pool, 'ranker'],
    limitMib: 240,
    weightsMib: 24,
  }
  const runs = Array.from({ length: RUNS }, (_, i) => {
    const seed = `${measured ? 'measured' : 'simulated'}-${i}`
    const first = arenaRun({ ...own, seed })
    return measured ? [first] : [first, arenaRun({ ...card, seed }), pagedRun('engine', seed)]
  })
  return memoryResult(runs).map((space) => (measured ? { ...space, map: [] } : space))
}

import type { Ms } from '../../serving/index.ts'
import { BUCKETS } from './time-series.ts'

/** Memory of a device at an instant, bytes, including weights. */
export interface SpaceState {
  readonly requested: number
  readonly inUse: number
  readonly held: number
  /** of reserved memory or of what the device has left; Infinity without a limit */
  readonly largestFree: number
  /** 1 - largest free chunk / all reserved memory that is not in use */
  readonly external: number
  /** free in regions that cannot be returned, because a chunk in them is in use */
  readonly pinnedFree: number
  /** of the loaded models; default: all models */
  readonly weights?: number
}

export interface SpaceChunk {
  readonly address: number
  readonly bytes: number
  readonly owner: string
}

/** The name and the limits of a space. */
export interface SpaceHead {
  readonly name: string
  /** true for a device of the scenario; false for a pool with dedicated devices */
  readonly shared: boolean
  readonly pools: readonly string[]
  readonly allocators: readonly string[]
  /** Infinity without a limit */
  readonly limitBytes: number
  /** of all models of a device, or of one replica of a pool */
  readonly weightsBytes: number
}

/** The memory of one run, small enough to pass between threads. Bytes. */
export interface SpaceSummary extends SpaceHead {
  readonly peakRequested: number
  readonly peakInUse: number
  readonly peakHeld: number
  /** without weights, at the peak of memory in use */
  readonly internal: number
  readonly external: number
  /** of the peak of reserved memory without weights, the share not in use at the peak of use */
  readonly freeShare: number
  readonly pinnedFree: number
  readonly largestFree: number
  readonly counts: SpaceCounts
  readonly residency: {
    readonly loads: number
    readonly evictions: number
    /** for each pool with a model that was loaded */
    readonly pools: readonly PoolLoads[]
  } | null
  /** requests that waited for a load, of all served */
  readonly cold: Ratio | null
  readonly series: {
    readonly bucketS: number
    readonly requested: readonly number[]
    readonly inUse: readonly number[]
    readonly held: readonly number[]
    readonly largestFree: readonly number[]
  }
  readonly map: readonly { readonly atMs: Ms; readonly chunks: readonly SpaceChunk[] }[]
}

interface PoolLoads {
  readonly pool: string
  readonly loads: number
  /** total duration of these loads */
  readonly ms: Ms
}

export interface Ratio {
  readonly part: number
  readonly of: number
}

const NO_COUNTS = {
  extensions: 0,
  shortage: 0,
  fragmentation: 0,
  oversize: 0,
  /** loads that found no memory for their weights */
  loads: 0,
  shrunk: 0,
  evicted: 0,
  split: 0,
  failed: 0,
}

export type SpaceCounts = typeof NO_COUNTS

/** Number of maps of the address space recorded in a run. */
const MAPS = 60

/** The memory of one device over a run: its extremes, and the extremes of each interval. */
export class SpaceRecorder {
  readonly head: SpaceHead
  readonly counts: SpaceCounts = { ...NO_COUNTS }
  readonly residency = { loads: 0, evictions: 0 }
  readonly cold = { part: 0, of: 0 }
  readonly #loads = new Map<string, PoolLoads>()
  readonly #durationMs: Ms
  readonly #requested = new Float64Array(BUCKETS)
  readonly #inUse = new Float64Array(BUCKETS)
  readonly #held = new Float64Array(BUCKETS)
  readonly #largestFree = new Float64Array(BUCKETS)
  #peakRequested = 0
  #peakInUse = 0
  #peakHeld = 0
  /** the same, without the weights loaded at the time */
  #mostUsed = 0
  #mostHeld = 0
  #internal = 0
  #external = 0
  #pinnedFree = 0
  #leastFree = Number.POSITIVE_INFINITY
  readonly #maps: { atMs: Ms; chunks: readonly SpaceChunk[] }[] = []
  /** the last interval that was sampled */
  #bucket = 0
  #last: SpaceState

  constructor(head: SpaceHead, durationMs: Ms) {
    this.head = head
    this.#durationMs = durationMs
    const { weightsBytes: weights, limitBytes } = head
    this.#last = {
      requested: weights,
      inUse: weights,
      held: weights,
      largestFree: limitBytes - weights,
      external: 0,
      pinnedFree: 0,
    }
    this.#largestFree.fill(Number.POSITIVE_INFINITY)
  }

  /** Records the state of memory from `now` on; momentary peaks count. */
  sample(now: Ms, state: SpaceState): void {
    const bucket = Math.min(BUCKETS - 1, Math.floor((now * BUCKETS) / this.#durationMs))
    while (this.#bucket < bucket) {
      this.#note()
      this.#bucket++
    }
    // a state that ended exactly at the start of an interval is not in it
    if (now * BUCKETS > bucket * this.#durationMs) this.#note()
    this.#last = state
    this.#note()
    const weights = state.weights ?? this.head.weightsBytes
    if (state.inUse > this.#peakInUse) {
      this.#peakInUse = state.inUse
      const unweighted = state.inUse - weights
      this.#internal = unweighted > 0 ? 1 - (state.requested - weights) / unweighted : 0
    }
    this.#peakRequested = Math.max(this.#peakRequested, state.requested)
    this.#peakHeld = Math.max(this.#peakHeld, state.held)
    this.#mostUsed = Math.max(this.#mostUsed, state.inUse - weights)
    this.#mostHeld = Math.max(this.#mostHeld, state.held - weights)
    this.#external = Math.max(this.#external, state.external)
    this.#pinnedFree = Math.max(this.#pinnedFree, state.pinnedFree)
    this.#leastFree = Math.min(this.#leastFree, state.largestFree)
  }

  /** Records a finished load for a pool, and its duration. */
  loaded(pool: string, ms: Ms): void {
    const { loads, ms: sum } = this.#loads.get(pool) ?? { loads: 0, ms: 0 }
    this.#loads.set(pool, { pool, loads: loads + 1, ms: sum + ms })
  }

  /** Whether the next map of the address space is due. */
  wantsMap(now: Ms): boolean {
    return this.#maps.length < MAPS && now * MAPS >= this.#maps.length * this.#durationMs
  }

  map(now: Ms, chunks: readonly SpaceChunk[]): void {
    this.#maps.push({ atMs: now, chunks })
  }

  summary(options: { readonly residency: boolean }): SpaceSummary {
    for (let bucket = this.#bucket; bucket < BUCKETS; bucket++) {
      this.#bucket = bucket
      this.#note()
    }
    return {
      ...this.head,
      peakRequested: this.#peakRequested,
      peakInUse: this.#peakInUse,
      peakHeld: this.#peakHeld,
      internal: this.#internal,
      external: this.#external,
      freeShare: this.#mostHeld > 0 ? 1 - this.#mostUsed / this.#mostHeld : 0,
      pinnedFree: this.#pinnedFree,
      largestFree: this.#leastFree,
      counts: { ...this.counts },
      residency: options.residency ? { ...this.residency, pools: [...this.#loads.values()] } : null,
      cold: options.residency ? { ...this.cold } : null,
      series: {
        bucketS: this.#durationMs / 1000 / BUCKETS,
        requested: Array.from(this.#requested),
        inUse: Array.from(this.#inUse),
        held: Array.from(this.#held),
        largestFree: Array.from(this.#largestFree),
      },
      map: this.#maps,
    }
  }

  #note(): void {
    const [i, { requested, inUse, held, largestFree }] = [this.#bucket, this.#last]
    this.#requested[i] = Math.max(this.#requested[i]!, requested)
    this.#inUse[i] = Math.max(this.#inUse[i]!, inUse)
    this.#held[i] = Math.max(this.#held[i]!, held)
    this.#largestFree[i] = Math.min(this.#largestFree[i]!, largestFree)
  }
}

/** Figures of the fullest replica, the counts of all, and the series and map of the first. */
export function fullestSpace(replicas: readonly SpaceSummary[]): SpaceSummary {
  const first = replicas[0]
  if (first === undefined) throw new RangeError('Expected a replica, got none')
  let fullest = first
  const counts: SpaceCounts = { ...first.counts }
  for (const replica of replicas.slice(1)) {
    if (isFuller(replica, fullest)) fullest = replica
    for (const key of Object.keys(counts) as (keyof SpaceCounts)[]) {
      counts[key] += replica.counts[key]
    }
  }
  return { ...fullest, counts, series: first.series, map: first.map }
}

function isFuller(a: SpaceSummary, b: SpaceSummary): boolean {
  if (a.peakHeld !== b.peakHeld) return a.peakHeld > b.peakHeld
  return a.peakInUse > b.peakInUse
}

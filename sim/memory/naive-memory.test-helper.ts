import { OUT_OF_MEMORY } from './index.ts'

/** A chunk in a plain list. */
export interface NaiveChunk {
  readonly region: number
  address: number
  bytes: number
  /** 0 for a free chunk */
  requested: number
  /** the allocator's pool that its region is in */
  readonly pool: string
}

/** The rules that differ between allocators. */
export interface NaiveRule {
  /** Returns the chunk for a request, cut to size; null: none; 'oversize': never. */
  place(memory: NaiveMemory, bytes: number): NaiveChunk | 'oversize' | null
  /** Called for each chunk that was freed. */
  freed(memory: NaiveMemory, chunk: NaiveChunk): void
  shrink(memory: NaiveMemory): number
  /** bytes that the device has left */
  available(memory: NaiveMemory): number
}

/** Memory as a list of chunks; every search and count walks the whole list. */
export class NaiveMemory {
  chunks: NaiveChunk[] = []
  readonly capacity: number
  readonly #rule: NaiveRule
  #end = 0
  #peaks = { requested: 0, inUse: 0, held: 0 }
  #failures = { shortages: 0, fragmentations: 0, oversizes: 0 }

  constructor(capacity: number, rule: NaiveRule) {
    this.capacity = capacity
    this.#rule = rule
  }

  /** The address of the chunk, or an outcome. */
  allocate(bytes: number): number {
    const chunk = this.#rule.place(this, bytes)
    const result = this.#settle(chunk, bytes)
    this.#peaks.requested = Math.max(this.#peaks.requested, this.requested)
    this.#peaks.inUse = Math.max(this.#peaks.inUse, this.inUse)
    this.notePeak()
    return result
  }

  free(address: number): void {
    const chunk = this.chunks.find(
      (candidate) => candidate.address === address && candidate.requested > 0,
    )!
    chunk.requested = 0
    this.#rule.freed(this, chunk)
  }

  shrink(): number {
    return this.#rule.shrink(this)
  }

  get held(): number {
    return sum(this.chunks.map(({ bytes }) => bytes))
  }

  get inUse(): number {
    return sum(this.chunks.map(({ bytes, requested }) => (requested > 0 ? bytes : 0)))
  }

  get requested(): number {
    return sum(this.chunks.map(({ requested }) => requested))
  }

  freeIn(pool: string): NaiveChunk[] {
    return this.chunks
      .filter((chunk) => chunk.requested === 0 && chunk.pool === pool)
      .sort((a, b) => a.bytes - b.bytes || a.address - b.address)
  }

  open(bytes: number, pool = ''): NaiveChunk | null {
    if (this.held + bytes > this.capacity) return null
    const chunk = { region: this.#end, address: this.#end, bytes, requested: 0, pool }
    this.chunks.push(chunk)
    this.#end += bytes
    this.notePeak()
    return chunk
  }

  cut(chunk: NaiveChunk, bytes: number): void {
    const rest = { ...chunk, address: chunk.address + bytes, bytes: chunk.bytes - bytes }
    chunk.bytes = bytes
    this.chunks.splice(this.chunks.indexOf(chunk) + 1, 0, rest)
  }

  /** Merges all free neighbours. */
  join(): void {
    const joined: NaiveChunk[] = []
    for (const chunk of this.chunks) {
      const last = joined.at(-1)
      const joins = last?.region === chunk.region && last.requested + chunk.requested === 0
      if (joins) last.bytes += chunk.bytes
      else joined.push(chunk)
    }
    this.chunks = joined
  }

  /** Closes unused regions, except those that `keeps` selects. Returns the bytes. */
  closeIdle(keeps: (region: number) => boolean = () => false): number {
    const before = this.held
    this.chunks = this.chunks.filter(({ region }) => keeps(region) || this.#pinned.has(region))
    return before - this.held
  }

  notePeak(): void {
    this.#peaks.held = Math.max(this.#peaks.held, this.held)
  }

  statistics() {
    const pinned = this.#pinned
    const free = this.chunks.filter(({ requested }) => requested === 0)
    const largest = Math.max(0, ...free.map(({ bytes }) => bytes))
    const freeBytes = sum(free.map(({ bytes }) => bytes))
    const inPinned = free.filter(({ region }) => pinned.has(region))
    return {
      requestedBytes: this.requested,
      inUseBytes: this.inUse,
      heldBytes: this.held,
      peakRequestedBytes: this.#peaks.requested,
      peakInUseBytes: this.#peaks.inUse,
      peakHeldBytes: this.#peaks.held,
      internalFragmentation: this.inUse > 0 ? 1 - this.requested / this.inUse : 0,
      externalFragmentation: freeBytes > 0 ? 1 - largest / freeBytes : 0,
      largestFreeBytes: largest,
      regions: new Set(this.chunks.map(({ region }) => region)).size,
      pinnedRegions: pinned.size,
      pinnedFreeBytes: sum(inPinned.map(({ bytes }) => bytes)),
      ...this.#failures,
    }
  }

  get #pinned(): Set<number> {
    const live = this.chunks.filter(({ requested }) => requested > 0)
    return new Set(live.map(({ region }) => region))
  }

  #settle(chunk: NaiveChunk | 'oversize' | null, bytes: number): number {
    if (chunk === 'oversize') {
      this.#failures.oversizes++
      return OUT_OF_MEMORY.oversize
    }
    if (chunk !== null) {
      chunk.requested = bytes
      return chunk.address
    }
    const unused = this.held - this.inUse + this.#rule.available(this)
    if (unused < bytes) {
      this.#failures.shortages++
      return OUT_OF_MEMORY.shortage
    }
    this.#failures.fragmentations++
    return OUT_OF_MEMORY.fragmentation
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

import { type MemoryStatistics, OUT_OF_MEMORY } from './allocator.ts'

/** The free chunks at an instant. */
export interface FreeState {
  readonly largestFreeBytes: number
  readonly regions: number
  readonly pinnedRegions: number
  readonly pinnedFreeBytes: number
}

/** Running counts of an allocator and their peaks, bytes. */
export class Usage {
  requested = 0
  inUse = 0
  held = 0
  #peakRequested = 0
  #peakInUse = 0
  #peakHeld = 0
  #shortages = 0
  #fragmentations = 0
  #oversizes = 0

  /** Counts a chunk of `chunk` bytes that is allocated for `requested` bytes. */
  occupied(requested: number, chunk: number): void {
    this.requested += requested
    this.inUse += chunk
    if (this.requested > this.#peakRequested) this.#peakRequested = this.requested
    if (this.inUse > this.#peakInUse) this.#peakInUse = this.inUse
  }

  vacated(requested: number, chunk: number): void {
    this.requested -= requested
    this.inUse -= chunk
  }

  opened(bytes: number): void {
    this.held += bytes
    if (this.held > this.#peakHeld) this.#peakHeld = this.held
  }

  closed(bytes: number): void {
    this.held -= bytes
  }

  /** Counts a request that failed although the device had `available` bytes to give. */
  failed(bytes: number, available: number): number {
    if (this.held - this.inUse + available < bytes) return this.ranShort()
    this.#fragmentations++
    return OUT_OF_MEMORY.fragmentation
  }

  ranShort(): number {
    this.#shortages++
    return OUT_OF_MEMORY.shortage
  }

  /** Counts a request that is larger than any memory. */
  refused(): number {
    this.#oversizes++
    return OUT_OF_MEMORY.oversize
  }

  statistics(state: FreeState): MemoryStatistics {
    const free = this.held - this.inUse
    return {
      requestedBytes: this.requested,
      inUseBytes: this.inUse,
      heldBytes: this.held,
      peakRequestedBytes: this.#peakRequested,
      peakInUseBytes: this.#peakInUse,
      peakHeldBytes: this.#peakHeld,
      internalFragmentation: this.inUse > 0 ? 1 - this.requested / this.inUse : 0,
      externalFragmentation: free > 0 ? 1 - state.largestFreeBytes / free : 0,
      ...state,
      shortages: this.#shortages,
      fragmentations: this.#fragmentations,
      oversizes: this.#oversizes,
    }
  }
}

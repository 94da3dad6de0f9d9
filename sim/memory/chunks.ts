import { growColumns, grown } from '../kernel/index.ts'
import type { Chunk, MemoryStatistics } from './allocator.ts'
import type { Device } from './device.ts'
import { Usage } from './usage.ts'

const NONE = -1

/**
 * Regions reserved from the device, each cut into chunks, and their counts. A chunk is a number;
 * its neighbours are a list by address. A region is identified by its first chunk, which keeps its
 * number as long as the region is held. The allocator decides which free chunk is taken.
 */
export class Chunks {
  readonly usage = new Usage()
  readonly device: Device
  bytes = new Float64Array(16)
  address = new Float64Array(16)
  /** neighbouring chunks in the same region; -1 for none */
  before = new Int32Array(16)
  after = new Int32Array(16)
  #region = new Int32Array(16)
  /** requested bytes; 0 for a free chunk */
  #requested = new Float64Array(16)
  /** of each region: its size, its number of chunks in use, and its neighbours */
  #regionBytes = new Float64Array(16)
  #live = new Int32Array(16)
  #regionBefore = new Int32Array(16)
  #regionAfter = new Int32Array(16)
  #firstRegion = NONE
  #lastRegion = NONE
  #regions = 0
  #pinned = 0
  #pinnedFree = 0
  #end = 0
  readonly #spare: number[] = []
  #count = 0

  constructor(device: Device) {
    this.device = device
  }

  /**
   * Reserves a region. Returns its only chunk, which is free; -1 where the device has too little.
   */
  open(bytes: number): number {
    if (!this.device.take(bytes)) return NONE
    const region = this.#create(bytes, this.#end)
    this.#end += bytes
    this.#region[region] = region
    this.before[region] = NONE
    this.after[region] = NONE
    this.#regionBytes[region] = bytes
    this.#live[region] = 0
    this.#regionBefore[region] = this.#lastRegion
    this.#regionAfter[region] = NONE
    if (this.#lastRegion === NONE) this.#firstRegion = region
    else this.#regionAfter[this.#lastRegion] = region
    this.#lastRegion = region
    this.#regions++
    this.usage.opened(bytes)
    return region
  }

  /** Returns a region, which is one free chunk, to the device. */
  close(region: number): void {
    const bytes = this.#regionBytes[region]!
    const [before, after] = [this.#regionBefore[region]!, this.#regionAfter[region]!]
    if (before === NONE) this.#firstRegion = after
    else this.#regionAfter[before] = after
    if (after === NONE) this.#lastRegion = before
    else this.#regionBefore[after] = before
    this.#regions--
    this.#spare.push(region)
    this.usage.closed(bytes)
    this.device.give(bytes)
  }

  /** The regions without a chunk in use. */
  idle(): readonly number[] {
    const regions: number[] = []
    for (let at = this.#firstRegion; at !== NONE; at = this.#regionAfter[at]!) {
      if (this.#live[at] === 0) regions.push(at)
    }
    return regions
  }

  isFree(chunk: number): boolean {
    return chunk !== NONE && this.#requested[chunk] === 0
  }

  /** Offset of a chunk in its region, bytes. */
  offset(chunk: number): number {
    return this.address[chunk]! - this.address[this.#region[chunk]!]!
  }

  /** Requested bytes. Throws where the chunk is not in use. */
  requested(chunk: number): number {
    const requested = this.#requested[chunk] ?? 0
    if (requested === 0) throw new RangeError(`Expected a handle in use, got ${chunk}`)
    return requested
  }

  /** Shortens a free chunk to `bytes`. Returns the remainder, a free chunk. */
  split(chunk: number, bytes: number): number {
    const rest = this.#create(this.bytes[chunk]! - bytes, this.address[chunk]! + bytes)
    this.bytes[chunk] = bytes
    this.#region[rest] = this.#region[chunk]!
    const after = this.after[chunk]!
    this.before[rest] = chunk
    this.after[rest] = after
    this.after[chunk] = rest
    if (after !== NONE) this.before[after] = rest
    return rest
  }

  /** Merges a free chunk with the free one after it. */
  merge(chunk: number): void {
    const gone = this.after[chunk]!
    const after = this.after[gone]!
    this.bytes[chunk] = this.bytes[chunk]! + this.bytes[gone]!
    this.after[chunk] = after
    if (after !== NONE) this.before[after] = chunk
    this.#spare.push(gone)
  }

  occupy(chunk: number, requested: number): void {
    const region = this.#region[chunk]!
    const bytes = this.bytes[chunk]!
    if (this.#live[region]!++ === 0) {
      this.#pinned++
      this.#pinnedFree += this.#regionBytes[region]!
    }
    this.#pinnedFree -= bytes
    this.#requested[chunk] = requested
    this.usage.occupied(requested, bytes)
  }

  /** Frees a chunk. Throws where it is not in use. */
  vacate(chunk: number): void {
    const requested = this.requested(chunk)
    const region = this.#region[chunk]!
    const bytes = this.bytes[chunk]!
    this.#pinnedFree += bytes
    if (--this.#live[region]! === 0) {
      this.#pinned--
      this.#pinnedFree -= this.#regionBytes[region]!
    }
    this.#requested[chunk] = 0
    this.usage.vacated(requested, bytes)
  }

  /** Adds to the requested bytes of a chunk in use, within its size. */
  fill(chunk: number, bytes: number): void {
    this.#requested[chunk] = this.requested(chunk) + bytes
    this.usage.occupied(bytes, 0)
  }

  statistics(largestFreeBytes: number): MemoryStatistics {
    return this.usage.statistics({
      largestFreeBytes,
      regions: this.#regions,
      pinnedRegions: this.#pinned,
      pinnedFreeBytes: this.#pinnedFree,
    })
  }

  *list(): Generator<Chunk> {
    for (let region = this.#firstRegion; region !== NONE; region = this.#regionAfter[region]!) {
      for (let chunk = region; chunk !== NONE; chunk = this.after[chunk]!) {
        yield {
          region: this.address[region]!,
          address: this.address[chunk]!,
          bytes: this.bytes[chunk]!,
          handle: this.isFree(chunk) ? NONE : chunk,
        }
      }
    }
  }

  #create(bytes: number, address: number): number {
    const chunk = this.#spare.pop() ?? this.#count++
    if (chunk >= this.bytes.length) this.#grow(2 * chunk)
    this.bytes[chunk] = bytes
    this.address[chunk] = address
    this.#requested[chunk] = 0
    return chunk
  }

  #grow(length: number): void {
    growColumns(this, length)
    this.#region = grown(this.#region, length)
    this.#requested = grown(this.#requested, length)
    this.#regionBytes = grown(this.#regionBytes, length)
    this.#live = grown(this.#live, length)
    this.#regionBefore = grown(this.#regionBefore, length)
    this.#regionAfter = grown(this.#regionAfter, length)
  }
}

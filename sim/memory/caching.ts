import {
  type Allocator,
  type Chunk,
  checkSize,
  type MemoryStatistics,
  roundUp,
} from './allocator.ts'
import { Chunks } from './chunks.ts'
import { coalesce } from './coalesce.ts'
import type { Device } from './device.ts'
import { FreeChunks } from './free-chunks.ts'

const NONE = -1
const MIB = 2 ** 20
/** block sizes are multiples of this */
const UNIT = 512
/** requests up to this have a separate pool of segments */
const SMALL = MIB
const SMALL_SEGMENT = 2 * MIB
/** requests up to this share a segment */
const SHARED = 10 * MIB
const SHARED_SEGMENT = 20 * MIB
/** segments of larger requests are multiples of this */
const SEGMENT_UNIT = 2 * MIB

/**
 * The caching allocator of PyTorch (c10/cuda/CUDACachingAllocator.cpp, its defaults): best fit in
 * one pool of small and one of large blocks. Freed blocks stay cached. Where the device has no
 * memory left, all whole cached segments are returned before the request fails. One stream; no
 * `max_split_size`, no expandable segments, no threshold for garbage collection.
 */
export class CachingAllocator implements Allocator {
  readonly kind = 'caching'
  readonly #chunks: Chunks
  readonly #small: FreeChunks
  readonly #large: FreeChunks
  /** by block: whether its segment is in the pool of small ones */
  #isSmall = new Uint8Array(16)

  constructor(device: Device) {
    this.#chunks = new Chunks(device)
    this.#small = new FreeChunks(this.#chunks)
    this.#large = new FreeChunks(this.#chunks)
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    const rounded = roundUp(bytes, UNIT)
    const small = rounded <= SMALL
    const pool = small ? this.#small : this.#large
    let block = pool.fit(rounded)
    if (block === NONE) {
      block = this.#segment(rounded)
      if (block === NONE) return this.#chunks.usage.failed(bytes, this.#chunks.device.freeBytes)
      this.#mark(block, small)
    } else {
      pool.remove(block)
    }
    const rest = this.#chunks.bytes[block]! - rounded
    if (small ? rest >= UNIT : rest > SMALL) {
      const split = this.#chunks.split(block, rounded)
      this.#mark(split, small)
      pool.add(split)
    }
    this.#chunks.occupy(block, bytes)
    return block
  }

  free(handle: number): void {
    this.#chunks.vacate(handle)
    coalesce(this.#chunks, this.#isSmall[handle] === 1 ? this.#small : this.#large, handle)
  }

  /** Returns unused segments to the device, as `torch.cuda.empty_cache()`. Returns the bytes. */
  shrink(): number {
    let bytes = 0
    for (const segment of this.#chunks.idle()) {
      bytes += this.#chunks.bytes[segment]!
      const pool = this.#isSmall[segment] === 1 ? this.#small : this.#large
      pool.remove(segment)
      this.#chunks.close(segment)
    }
    return bytes
  }

  statistics(): MemoryStatistics {
    return this.#chunks.statistics(Math.max(this.#small.largestBytes, this.#large.largestBytes))
  }

  chunks(): Iterable<Chunk> {
    return this.#chunks.list()
  }

  /**
   * Reserves a segment for `rounded` bytes; -1 where there is too little, even with cached segments
   * returned.
   */
  #segment(rounded: number): number {
    const bytes = segmentBytes(rounded)
    const segment = this.#chunks.open(bytes)
    if (segment !== NONE || this.shrink() === 0) return segment
    return this.#chunks.open(bytes)
  }

  #mark(block: number, small: boolean): void {
    if (block >= this.#isSmall.length) {
      const marks = new Uint8Array(2 ** Math.ceil(Math.log2(block + 1)))
      marks.set(this.#isSmall)
      this.#isSmall = marks
    }
    this.#isSmall[block] = small ? 1 : 0
  }
}

function segmentBytes(rounded: number): number {
  if (rounded <= SMALL) return SMALL_SEGMENT
  return rounded < SHARED ? SHARED_SEGMENT : roundUp(rounded, SEGMENT_UNIT)
}

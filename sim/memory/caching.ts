import { grown } from '../kernel/index.ts'
import { checkSize, type MemoryStatistics, roundUp } from './allocator.ts'
import { ChunkAllocator } from './chunk-allocator.ts'
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
export class CachingAllocator extends ChunkAllocator {
  readonly kind = 'caching'
  /** the pool of small blocks; `unused` is that of large ones */
  readonly #small: FreeChunks
  /** by block: whether its segment is in the pool of small ones */
  #isSmall = new Uint8Array(16)

  constructor(device: Device) {
    super(device)
    this.#small = new FreeChunks(this.layout)
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    const rounded = roundUp(bytes, UNIT)
    const small = rounded <= SMALL
    const pool = small ? this.#small : this.unused
    let block = pool.fit(rounded)
    if (block === NONE) {
      block = this.#segment(rounded)
      if (block === NONE) return this.layout.usage.failed(bytes, this.layout.device.freeBytes)
      this.#mark(block, small)
    } else {
      pool.remove(block)
    }
    const rest = this.layout.bytes[block]! - rounded
    if (small ? rest >= UNIT : rest > SMALL) {
      const split = this.layout.split(block, rounded)
      this.#mark(split, small)
      pool.add(split)
    }
    this.layout.occupy(block, bytes)
    return block
  }

  override free(handle: number): void {
    this.layout.vacate(handle)
    this.coalesce(handle, this.#poolOf(handle))
  }

  /** Returns unused segments to the device, as `torch.cuda.empty_cache()`. Returns the bytes. */
  override shrink(): number {
    let bytes = 0
    for (const segment of this.layout.idle()) {
      bytes += this.closeFree(segment, this.#poolOf(segment))
    }
    return bytes
  }

  override statistics(): MemoryStatistics {
    return this.layout.statistics(Math.max(this.#small.largestBytes, this.unused.largestBytes))
  }

  /**
   * Reserves a segment for `rounded` bytes; -1 where there is too little, even with cached segments
   * returned.
   */
  #segment(rounded: number): number {
    const bytes = segmentBytes(rounded)
    const segment = this.layout.open(bytes)
    if (segment !== NONE || this.shrink() === 0) return segment
    return this.layout.open(bytes)
  }

  #poolOf(block: number): FreeChunks {
    return this.#isSmall[block] === 1 ? this.#small : this.unused
  }

  #mark(block: number, small: boolean): void {
    if (block >= this.#isSmall.length) {
      this.#isSmall = grown(this.#isSmall, 2 * block)
    }
    this.#isSmall[block] = small ? 1 : 0
  }
}

function segmentBytes(rounded: number): number {
  if (rounded <= SMALL) return SMALL_SEGMENT
  return rounded < SHARED ? SHARED_SEGMENT : roundUp(rounded, SEGMENT_UNIT)
}

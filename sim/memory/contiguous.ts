import { type Chunk, checkSize, type GrowingAllocator, type MemoryStatistics } from './allocator.ts'
import { Chunks } from './chunks.ts'
import { coalesce } from './coalesce.ts'
import type { Device } from './device.ts'
import { FreeChunks } from './free-chunks.ts'

const NONE = -1

export interface ContiguousOptions {
  /** Reserved from the device at once, as one region. */
  readonly arenaBytes: number
  /** Bytes for each request, however few it needs: its maximum length. */
  readonly reservationBytes: number
}

/**
 * One contiguous reservation of the maximum length for each request, as servers of language models
 * did before paging (Orca (Max) in Kwon et al. 2023, section 2.2). Longer requests are rejected.
 * Throws where the device has too little memory for the arena.
 */
export class ContiguousAllocator implements GrowingAllocator {
  readonly kind = 'contiguous'
  readonly #reservationBytes: number
  readonly #chunks: Chunks
  readonly #free: FreeChunks

  constructor(device: Device, { arenaBytes, reservationBytes }: ContiguousOptions) {
    this.#reservationBytes = reservationBytes
    this.#chunks = new Chunks(device)
    this.#free = new FreeChunks(this.#chunks)
    const region = this.#chunks.open(arenaBytes)
    if (region === NONE) throw new RangeError(`Expected a device with ${arenaBytes} bytes`)
    this.#free.add(region)
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    if (bytes > this.#reservationBytes) return this.#chunks.usage.refused()
    const chunk = this.#free.fit(this.#reservationBytes)
    if (chunk === NONE) return this.#chunks.usage.failed(bytes, 0)
    this.#free.remove(chunk)
    if (this.#chunks.bytes[chunk]! > this.#reservationBytes) {
      this.#free.add(this.#chunks.split(chunk, this.#reservationBytes))
    }
    this.#chunks.occupy(chunk, bytes)
    return chunk
  }

  grow(handle: number, bytes: number): number {
    checkSize(bytes)
    if (this.#chunks.requested(handle) + bytes > this.#reservationBytes) {
      return this.#chunks.usage.refused()
    }
    this.#chunks.fill(handle, bytes)
    return handle
  }

  free(handle: number): void {
    this.#chunks.vacate(handle)
    coalesce(this.#chunks, this.#free, handle)
  }

  /** The arena is never returned. */
  shrink(): number {
    return 0
  }

  statistics(): MemoryStatistics {
    return this.#chunks.statistics(this.#free.largestBytes)
  }

  chunks(): Iterable<Chunk> {
    return this.#chunks.list()
  }
}

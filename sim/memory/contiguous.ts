import { checkSize, type GrowingAllocator } from './allocator.ts'
import { ChunkAllocator } from './chunk-allocator.ts'
import type { Device } from './device.ts'

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
export class ContiguousAllocator extends ChunkAllocator implements GrowingAllocator {
  readonly kind = 'contiguous'
  readonly #reservationBytes: number

  constructor(device: Device, { arenaBytes, reservationBytes }: ContiguousOptions) {
    super(device)
    this.#reservationBytes = reservationBytes
    const region = this.layout.open(arenaBytes)
    if (region === NONE) throw new RangeError(`Expected a device with ${arenaBytes} bytes`)
    this.unused.add(region)
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    if (bytes > this.#reservationBytes) return this.layout.usage.refused()
    const chunk = this.unused.fit(this.#reservationBytes)
    if (chunk === NONE) return this.layout.usage.failed(bytes, 0)
    this.unused.remove(chunk)
    if (this.layout.bytes[chunk]! > this.#reservationBytes) {
      this.unused.add(this.layout.split(chunk, this.#reservationBytes))
    }
    this.layout.occupy(chunk, bytes)
    return chunk
  }

  grow(handle: number, bytes: number): number {
    checkSize(bytes)
    if (this.layout.requested(handle) + bytes > this.#reservationBytes) {
      return this.layout.usage.refused()
    }
    this.layout.fill(handle, bytes)
    return handle
  }
}

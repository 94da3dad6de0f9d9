import { type Allocator, type Chunk, checkSize, type MemoryStatistics } from './allocator.ts'
import { Chunks } from './chunks.ts'
import type { Device } from './device.ts'
import { FreeChunks } from './free-chunks.ts'

const NONE = -1
const LEAST = 256

export interface BuddyOptions {
  /** Reserved from the device at once, as regions of powers of two, the largest first. */
  readonly arenaBytes: number
  /** The smallest chunk, a power of two. A remainder of the arena below it is not reserved. */
  readonly leastBytes?: number
}

/**
 * Binary buddies (Knowlton 1965; Knuth 1973, section 2.5): chunks have powers of two, are halved
 * until they fit, and merge only with the half that they were split from. Throws where the device
 * has too little memory for the arena.
 */
export class BuddyAllocator implements Allocator {
  readonly kind = 'buddy'
  readonly #leastBytes: number
  readonly #largestBytes: number
  readonly #chunks: Chunks
  readonly #free: FreeChunks

  constructor(device: Device, { arenaBytes, leastBytes = LEAST }: BuddyOptions) {
    this.#leastBytes = leastBytes
    this.#chunks = new Chunks(device)
    this.#free = new FreeChunks(this.#chunks)
    this.#largestBytes = powerBelow(arenaBytes)
    for (let left = arenaBytes; left >= leastBytes; left -= powerBelow(left)) {
      const region = this.#chunks.open(powerBelow(left))
      if (region === NONE) throw new RangeError(`Expected a device with ${arenaBytes} bytes`)
      this.#free.add(region)
    }
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    const size = buddyBytes(bytes, this.#leastBytes)
    if (size > this.#largestBytes) return this.#chunks.usage.refused()
    const chunk = this.#free.fit(size)
    if (chunk === NONE) return this.#chunks.usage.failed(bytes, 0)
    this.#free.remove(chunk)
    while (this.#chunks.bytes[chunk]! > size) {
      this.#free.add(this.#chunks.split(chunk, this.#chunks.bytes[chunk]! / 2))
    }
    this.#chunks.occupy(chunk, bytes)
    return chunk
  }

  free(handle: number): void {
    this.#chunks.vacate(handle)
    let chunk = handle
    for (let buddy = this.#buddy(chunk); buddy !== NONE; buddy = this.#buddy(chunk)) {
      this.#free.remove(buddy)
      if (this.#chunks.before[chunk] === buddy) chunk = buddy
      this.#chunks.merge(chunk)
    }
    this.#free.add(chunk)
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

  /** The other half, where it is free and whole; otherwise -1. */
  #buddy(chunk: number): number {
    const { bytes, before, after } = this.#chunks
    const isLower = (this.#chunks.offset(chunk) / bytes[chunk]!) % 2 === 0
    const buddy = isLower ? after[chunk]! : before[chunk]!
    return this.#chunks.isFree(buddy) && bytes[buddy] === bytes[chunk] ? buddy : NONE
  }
}

/** Bytes of the chunk for a request, in an arena that has one. */
export function buddyBytes(bytes: number, leastBytes = LEAST): number {
  let size = leastBytes
  while (size < bytes) size *= 2
  return size
}

/** The largest power of two that is not above `bytes`: the largest chunk of such an arena. */
export function powerBelow(bytes: number): number {
  let power = 1
  while (power * 2 <= bytes) power *= 2
  return power
}

import { checkSize } from './allocator.ts'
import { ChunkAllocator } from './chunk-allocator.ts'
import type { Device } from './device.ts'

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
export class BuddyAllocator extends ChunkAllocator {
  readonly kind = 'buddy'
  readonly #leastBytes: number
  readonly #largestBytes: number

  constructor(device: Device, { arenaBytes, leastBytes = LEAST }: BuddyOptions) {
    super(device)
    this.#leastBytes = leastBytes
    this.#largestBytes = powerBelow(arenaBytes)
    for (let left = arenaBytes; left >= leastBytes; left -= powerBelow(left)) {
      const region = this.layout.open(powerBelow(left))
      if (region === NONE) throw new RangeError(`Expected a device with ${arenaBytes} bytes`)
      this.unused.add(region)
    }
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    const size = buddyBytes(bytes, this.#leastBytes)
    if (size > this.#largestBytes) return this.layout.usage.refused()
    const chunk = this.unused.fit(size)
    if (chunk === NONE) return this.layout.usage.failed(bytes, 0)
    this.unused.remove(chunk)
    while (this.layout.bytes[chunk]! > size) {
      this.unused.add(this.layout.split(chunk, this.layout.bytes[chunk]! / 2))
    }
    this.layout.occupy(chunk, bytes)
    return chunk
  }

  override free(handle: number): void {
    this.layout.vacate(handle)
    let chunk = handle
    for (let buddy = this.#buddy(chunk); buddy !== NONE; buddy = this.#buddy(chunk)) {
      this.unused.remove(buddy)
      if (this.layout.before[chunk] === buddy) chunk = buddy
      this.layout.merge(chunk)
    }
    this.unused.add(chunk)
  }

  /** The other half, where it is free and whole; otherwise -1. */
  #buddy(chunk: number): number {
    const { bytes, before, after } = this.layout
    const isLower = (this.layout.offset(chunk) / bytes[chunk]!) % 2 === 0
    const buddy = isLower ? after[chunk]! : before[chunk]!
    return this.layout.isFree(buddy) && bytes[buddy] === bytes[chunk] ? buddy : NONE
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

import { type Chunk, checkSize, type GrowingAllocator, type MemoryStatistics } from './allocator.ts'
import type { Device } from './device.ts'
import { Usage } from './usage.ts'

const NONE = -1

export interface PagedOptions {
  /** Reserved from the device at once, as one region; a remainder below a block is not reserved. */
  readonly arenaBytes: number
  readonly blockTokens: number
  /** KV cache of a token, bytes */
  readonly tokenBytes: number
}

/** A sequence and its blocks; the last block may be partly filled. */
interface Sequence {
  readonly blocks: number[]
  bytes: number
}

/**
 * Blocks of n tokens that need not be adjacent (PagedAttention, Kwon et al. 2023, section 4).
 * Sequences may share blocks; a sequence that writes into a shared block gets a copy. Shared bytes
 * are counted once. Every free block fits, so `largestFreeBytes` counts all free blocks as one
 * chunk, wherever they are. Throws where the device has too little memory for the arena.
 */
export class PagedAllocator implements GrowingAllocator {
  readonly kind = 'paged'
  readonly blockBytes: number
  readonly #usage = new Usage()
  /** number of sequences that hold each block */
  readonly #holders: Int32Array
  /** free blocks; the last one is allocated next */
  readonly #free: number[]
  readonly #sequences: (Sequence | undefined)[] = []
  readonly #spare: number[] = []

  constructor(device: Device, { arenaBytes, blockTokens, tokenBytes }: PagedOptions) {
    this.blockBytes = blockTokens * tokenBytes
    const blocks = Math.floor(arenaBytes / this.blockBytes)
    const bytes = blocks * this.blockBytes
    if (!device.take(bytes)) throw new RangeError(`Expected a device with ${bytes} bytes`)
    this.#usage.opened(bytes)
    this.#holders = new Int32Array(blocks)
    this.#free = Array.from({ length: blocks }, (_, i) => blocks - 1 - i)
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    if (Math.ceil(bytes / this.blockBytes) > this.#holders.length) return this.#usage.refused()
    const sequence: Sequence = { blocks: [], bytes: 0 }
    if (!this.#append(sequence, bytes)) return this.#usage.ranShort()
    return this.#enter(sequence)
  }

  grow(handle: number, bytes: number): number {
    checkSize(bytes)
    return this.#append(this.#sequence(handle), bytes) ? handle : this.#usage.ranShort()
  }

  /**
   * Starts a sequence with the first `blocks` blocks of another (a common prefix), or with all of
   * them. Takes no memory.
   */
  fork(handle: number, blocks = Number.POSITIVE_INFINITY): number {
    const from = this.#sequence(handle)
    const shared = from.blocks.slice(0, blocks)
    if (shared.length === 0) throw new RangeError(`Expected blocks to share, got ${blocks}`)
    for (const block of shared) this.#holders[block]!++
    return this.#enter({
      blocks: shared,
      bytes: Math.min(from.bytes, shared.length * this.blockBytes),
    })
  }

  free(handle: number): void {
    const sequence = this.#sequence(handle)
    const { blocks } = sequence
    // the last blocks first, so that they are allocated again in their order
    for (let i = blocks.length - 1; i >= 0; i--)
      this.#release(blocks[i]!, this.#filled(sequence, i))
    this.#sequences[handle] = undefined
    this.#spare.push(handle)
  }

  /** The arena is never returned. */
  shrink(): number {
    return 0
  }

  statistics(): MemoryStatistics {
    const { held, inUse } = this.#usage
    const pinned = inUse > 0
    return this.#usage.statistics({
      largestFreeBytes: held - inUse,
      regions: 1,
      pinnedRegions: pinned ? 1 : 0,
      pinnedFreeBytes: pinned ? held - inUse : 0,
    })
  }

  /** A shared block has the least of its holders' handles; adjacent free blocks are one chunk. */
  *chunks(): Generator<Chunk> {
    const owner = new Int32Array(this.#holders.length).fill(NONE)
    for (let handle = this.#sequences.length - 1; handle >= 0; handle--) {
      for (const block of this.#sequences[handle]?.blocks ?? []) owner[block] = handle
    }
    let first = 0
    for (let block = 0; block < owner.length; block++) {
      const handle = owner[block]!
      if (handle === NONE && owner[block + 1] === NONE) continue
      yield {
        region: 0,
        address: first * this.blockBytes,
        bytes: (block + 1 - first) * this.blockBytes,
        handle,
      }
      first = block + 1
    }
  }

  /** Adds bytes to a sequence; false, without any change, where too few blocks are free. */
  #append(sequence: Sequence, bytes: number): boolean {
    const { blocks } = sequence
    const last = blocks.length - 1
    const room = blocks.length * this.blockBytes - sequence.bytes
    const filled = this.blockBytes - room
    const copied = room > 0 && this.#holders[blocks[last]!]! > 1
    const more = Math.ceil(Math.max(0, bytes - room) / this.blockBytes)
    if (more + (copied ? 1 : 0) > this.#free.length) return false
    if (copied) {
      this.#holders[blocks[last]!]!--
      blocks[last] = this.#take()
      this.#usage.occupied(filled, this.blockBytes)
    }
    this.#usage.occupied(bytes, more * this.blockBytes)
    for (let i = 0; i < more; i++) blocks.push(this.#take())
    sequence.bytes += bytes
    return true
  }

  #take(): number {
    const block = this.#free.pop()!
    this.#holders[block] = 1
    return block
  }

  #release(block: number, filled: number): void {
    if (--this.#holders[block]! > 0) return
    this.#usage.vacated(filled, this.blockBytes)
    this.#free.push(block)
  }

  /** Bytes of a sequence in its i-th block. */
  #filled({ blocks, bytes }: Sequence, i: number): number {
    return i < blocks.length - 1 ? this.blockBytes : bytes - i * this.blockBytes
  }

  #enter(sequence: Sequence): number {
    const handle = this.#spare.pop() ?? this.#sequences.length
    this.#sequences[handle] = sequence
    return handle
  }

  #sequence(handle: number): Sequence {
    const sequence = this.#sequences[handle]
    if (sequence === undefined) throw new RangeError(`Expected a handle in use, got ${handle}`)
    return sequence
  }
}

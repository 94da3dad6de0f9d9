import { OUT_OF_MEMORY } from './index.ts'
import type { NaiveChunk } from './naive-memory.test-helper.ts'

/** Blocks as a list of their holders; free blocks in the order in which they are allocated. */
export class NaivePages {
  readonly #block: number
  readonly #total: number
  readonly #free: number[]
  readonly #held = new Map<number, { blocks: number[]; bytes: number }>()
  #peaks = { requested: 0, inUse: 0 }
  #failures = { shortages: 0, fragmentations: 0, oversizes: 0 }

  constructor(blocks: number, blockBytes: number) {
    this.#total = blocks
    this.#block = blockBytes
    this.#free = Array.from({ length: blocks }, (_, i) => i)
  }

  /** The least address of its blocks, or an outcome. */
  allocate(bytes: number): number {
    const needs = Math.ceil(bytes / this.#block)
    if (needs > this.#total) {
      this.#failures.oversizes++
      return OUT_OF_MEMORY.oversize
    }
    if (needs > this.#free.length) {
      this.#failures.shortages++
      return OUT_OF_MEMORY.shortage
    }
    const blocks = this.#free.splice(0, needs)
    const first = Math.min(...blocks)
    this.#held.set(first, { blocks, bytes })
    this.#peaks.requested = Math.max(this.#peaks.requested, this.#requested)
    this.#peaks.inUse = Math.max(this.#peaks.inUse, this.#inUse)
    return first * this.#block
  }

  free(address: number): void {
    const first = address / this.#block
    this.#free.unshift(...this.#held.get(first)!.blocks)
    this.#held.delete(first)
  }

  shrink(): number {
    return 0
  }

  get chunks(): NaiveChunk[] {
    const chunks: NaiveChunk[] = []
    for (let block = 0; block < this.#total; block++) {
      const free = this.#free.includes(block)
      const last = chunks.at(-1)
      if (free && last?.requested === 0) last.bytes += this.#block
      else {
        const address = block * this.#block
        const requested = free ? 0 : this.#block
        chunks.push({ region: 0, address, bytes: this.#block, requested, pool: '' })
      }
    }
    return chunks
  }

  statistics() {
    const [requested, inUse] = [this.#requested, this.#inUse]
    const held = this.#total * this.#block
    const pinned = inUse > 0
    return {
      requestedBytes: requested,
      inUseBytes: inUse,
      heldBytes: held,
      peakRequestedBytes: this.#peaks.requested,
      peakInUseBytes: this.#peaks.inUse,
      peakHeldBytes: held,
      internalFragmentation: pinned ? 1 - requested / inUse : 0,
      externalFragmentation: 0,
      largestFreeBytes: held - inUse,
      regions: 1,
      pinnedRegions: pinned ? 1 : 0,
      pinnedFreeBytes: pinned ? held - inUse : 0,
      ...this.#failures,
    }
  }

  get #requested(): number {
    return [...this.#held.values()].reduce((total, { bytes }) => total + bytes, 0)
  }

  get #inUse(): number {
    return (this.#total - this.#free.length) * this.#block
  }
}

import { describeBatch } from '../batching/batch-assembly.ts'
import type { Backend, Batch, Ms, Observer } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { Residency } from './residency.ts'

interface RemedyWorld {
  readonly backend: Backend
  readonly observer: Observer
  readonly requests: Requests
  readonly stationOf: readonly Station[]
  readonly batches: readonly Batch[]
  readonly residency: Residency
}

/**
 * What is done about batches that ran out of memory, in the order of their pool's list. A batch
 * that is split counts as dispatched once. Each half goes through the list from its beginning; the
 * second half runs on the same executor once all of the first has ended. The ledger keeps the bytes
 * of the whole batch. Half of a ragged batch may need more, as its mean length may be larger.
 */
export class Remedies {
  readonly #world: RemedyWorld
  /** of each executor the place in the list that its batch, or part of one, has reached */
  readonly #next: Uint8Array
  /** parts that are still to go, the next one last */
  readonly #parts: readonly (readonly number[])[][]

  constructor(world: RemedyWorld) {
    this.#world = world
    this.#next = new Uint8Array(world.batches.length)
    this.#parts = world.batches.map(() => [])
  }

  /** A batch, or a part of one, is run for the first time. */
  begin(executor: number): void {
    this.#next[executor] = 0
  }

  /** Runs a batch again, or half of it; false where nothing more can be tried. */
  retry(now: Ms, executor: number): boolean {
    const { stationOf, backend, observer, batches } = this.#world
    const list = stationOf[executor]!.pool.memory!.outOfMemory
    for (; this.#next[executor]! < list.length; this.#next[executor]!++) {
      const remedied = this.#apply(now, executor, list[this.#next[executor]!]!)
      if (remedied === null) continue
      // evictions are repeated while a model can be evicted; shrinking is tried once
      if (remedied === 'shrunk') this.#next[executor]!++
      observer.remedied?.(now, executor, remedied)
      backend.start(batches[executor]!)
      return true
    }
    observer.remedied?.(now, executor, 'failed')
    return false
  }

  /** Starts the next part of a batch one part of which has ended; false where none is left. */
  startNextPart(executor: number): boolean {
    const { backend, batches } = this.#world
    if (!this.takeNextPart(executor)) return false
    this.begin(executor)
    backend.start(batches[executor]!)
    return true
  }

  /** Puts the next part of a batch into its record; false where none is left. */
  takeNextPart(executor: number): boolean {
    const { batches, requests, stationOf } = this.#world
    const part = this.#parts[executor]!.pop()
    if (part === undefined) return false
    const batch = batches[executor]!
    batch.members.set(part)
    batch.size = part.length
    describeBatch(batch, stationOf[executor]!.pool, requests)
    return true
  }

  #apply(now: Ms, executor: number, remedy: 'shrink' | 'evict' | 'split') {
    const { backend, residency } = this.#world
    if (remedy === 'shrink') {
      if (backend.shrink === undefined) return null
      backend.shrink(executor)
      return 'shrunk'
    }
    if (remedy === 'evict') {
      return backend.unload !== undefined && residency.evictOne(now, executor) ? 'evicted' : null
    }
    return this.#split(executor) ? 'split' : null
  }

  /** The first half stays in the batch. */
  #split(executor: number): boolean {
    const { batches, requests, stationOf } = this.#world
    const batch = batches[executor]!
    if (batch.size < 2) return false
    const half = Math.ceil(batch.size / 2)
    this.#parts[executor]!.push(Array.from(batch.members.subarray(half, batch.size)))
    batch.size = half
    describeBatch(batch, stationOf[executor]!.pool, requests)
    this.begin(executor)
    return true
  }
}

import type { Ms } from '../ports.ts'

/** A server that may wait for memory. */
export interface MemoryWaiter {
  /** Starts what it can; joins or leaves the queue by what is left. */
  takeTurn(now: Ms): void
  /** Something on the device ended, or nothing there will. */
  deviceFreed(): void
}

interface Entry {
  readonly waiter: MemoryWaiter
  readonly since: Ms
}

/**
 * Servers that wait for memory of one device, in FIFO order. The others go on meanwhile, but only
 * with requests that came before the first server began to wait: no request starves, and models do
 * not change places for every batch.
 */
export class MemoryWaitQueue {
  #entries: Entry[] = []

  isFirst(waiter: MemoryWaiter): boolean {
    return this.#entries[0]?.waiter === waiter
  }

  /** Whether a request that arrived then has to wait for the first server. */
  mustWait(waiter: MemoryWaiter, arrived: Ms): boolean {
    const first = this.#entries[0]
    return first !== undefined && first.waiter !== waiter && arrived >= first.since
  }

  /** A server that waits already keeps its place. */
  join(waiter: MemoryWaiter, now: Ms): void {
    if (!this.#entries.some((entry) => entry.waiter === waiter)) {
      this.#entries.push({ waiter, since: now })
    }
  }

  leave(waiter: MemoryWaiter): void {
    if (this.#entries.length === 0) return
    this.#entries = this.#entries.filter((entry) => entry.waiter !== waiter)
  }

  deviceFreed(): void {
    for (const { waiter } of this.#entries) waiter.deviceFreed()
  }

  /** Each server takes its turn, including those that move up meanwhile. */
  takeTurns(now: Ms): void {
    for (let place = 0; place < this.#entries.length; ) {
      const { waiter } = this.#entries[place]!
      waiter.takeTurn(now)
      if (this.#entries[place]?.waiter === waiter) place++
    }
  }
}

import { EventHeap } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'

/**
 * Messages that share a bandwidth equally: each of n has 1/n of it. Exact, by the time that a
 * message would have alone: all messages advance in it alike (Parekh and Gallager 1993, section
 * III), so the order in which they end is known when they begin.
 */
export class ProcessorSharing {
  /** by the common time at which they end */
  readonly #heap = new EventHeap()
  #common = 0
  /** when `#common` had this value */
  #at: Ms = 0

  /** When the next message ends if no other begins; Infinity for none. */
  get nextAt(): Ms {
    const { size } = this.#heap
    if (size === 0) return Number.POSITIVE_INFINITY
    return this.#at + Math.max(0, this.#heap.peek() - this.#common) * size
  }

  /** A message begins that would take `ms` alone. None may be due before. */
  begin(now: Ms, ms: Ms, message: number): void {
    const { size } = this.#heap
    // counted anew in each busy period, so that rounding does not grow with the run
    this.#common = size === 0 ? 0 : this.#common + (now - this.#at) / size
    this.#at = now
    this.#heap.push(this.#common + ms, 0, message)
  }

  /** The message that ends at `nextAt`. */
  end(): number {
    this.#at = this.nextAt
    this.#common = this.#heap.peek()
    this.#heap.pop()
    return this.#heap.slot
  }
}

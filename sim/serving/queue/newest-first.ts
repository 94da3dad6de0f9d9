import type { QueueOrder } from './queue-order.ts'
import { WaitingList } from './waiting-list.ts'

/** Last in, first out. */
export class NewestFirst implements QueueOrder {
  readonly #waiting = new WaitingList()

  push(request: number): void {
    this.#waiting.push(request)
  }

  next(): number {
    return this.#waiting.newest
  }

  take(): number {
    const request = this.#waiting.newest
    this.#waiting.remove(request)
    return request
  }

  remove(request: number): void {
    this.#waiting.remove(request)
  }
}

import { KeyedHeap } from '../../kernel/index.ts'
import type { BatchGroupView } from '../batching/index.ts'
import type { ClassPlan, QueuePlan } from '../plan.ts'
import type { Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { queueOrder } from './queue-disciplines.ts'
import type { QueueOrder } from './queue-order.ts'
import { WaitingList } from './waiting-list.ts'

/** How the requests of a group are ordered. */
export interface BatchGroupOrder {
  readonly order: QueuePlan
  /** whether some may wait on though their time is over */
  readonly delaying: boolean
  /** whether levels part a group */
  readonly strict: boolean
  readonly levelOf: (request: number) => number
}

/**
 * Waiting requests that may share a batch, in the order of arrival and in that of their discipline.
 * A queue has one group, or one for each bucket of lengths.
 */
export class BatchGroup implements BatchGroupView {
  readonly #arrivals = new WaitingList()
  /** null for FIFO */
  readonly #order: QueueOrder | null
  /** requests that wait on after their timeout; null where none ever does */
  readonly #late: KeyedHeap | null
  readonly #rules: BatchGroupOrder
  readonly #requests: Requests

  constructor(rules: BatchGroupOrder, classes: readonly ClassPlan[], requests: Requests) {
    const { order, delaying, strict, levelOf } = rules
    const isFifo = order.discipline === 'fifo' && !delaying
    this.#order = isFifo ? null : queueOrder(order, classes, requests)
    this.#late = delaying ? new KeyedHeap(strict ? levelOf : () => 0) : null
    this.#rules = rules
    this.#requests = requests
  }

  get length(): number {
    return this.#arrivals.length
  }

  /** The oldest and the newest request; -1 for none. */
  get oldest(): number {
    return this.#arrivals.oldest
  }

  get newest(): number {
    return this.#arrivals.newest
  }

  get oldestKey(): number {
    return this.#requests.key[this.#arrivals.oldest]!
  }

  get windowCloses(): Ms {
    return this.#requests.window[this.#arrivals.oldest]!
  }

  push(request: number): void {
    this.#arrivals.push(request)
    this.#order?.push(request)
  }

  /** Takes out the request that goes next; there must be one. */
  shift(): number {
    const request = this.#take()
    this.#arrivals.remove(request)
    return request
  }

  /** Takes out the newest request of a FIFO group; there must be one. */
  shiftNewest(): number {
    const request = this.#arrivals.newest
    this.#arrivals.remove(request)
    return request
  }

  /** The request that goes next; -1 for none. */
  get next(): number {
    if (this.#order === null) return this.#arrivals.oldest
    return this.#lateGoes() ? this.#late!.next() : this.#order.next()
  }

  #take(): number {
    if (this.#order === null) return this.#arrivals.oldest
    return this.#lateGoes() ? this.#late!.take() : this.#order.take()
  }

  /** Whether a request that has timed out goes next. */
  #lateGoes(): boolean {
    const timedOut = this.#late === null ? -1 : this.#late.next()
    if (timedOut < 0) return false
    const next = this.#order!.next()
    const { strict, levelOf } = this.#rules
    return next < 0 || (strict && levelOf(timedOut) < levelOf(next))
  }

  /** Takes out any request of the group. */
  withdraw(request: number): void {
    if (this.#late?.has(request) === true) {
      this.#late.remove(request)
      this.#arrivals.remove(request)
    } else this.remove(request)
  }

  /** Takes out a request that has not timed out before now. */
  remove(request: number): void {
    this.#order?.remove(request)
    this.#arrivals.remove(request)
  }

  /** Delays a request that has timed out. */
  makeLate(request: number): void {
    this.#order!.remove(request)
    this.#late!.push(request)
  }
}

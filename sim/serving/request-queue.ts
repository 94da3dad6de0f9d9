import { KeyedHeap } from '../kernel/index.ts'
import type { ClassPlan, PoolPlan } from './plan.ts'
import type { Ms } from './ports.ts'
import { type QueueOrder, queueOrder } from './queue-order.ts'
import type { Requests } from './requests.ts'
import { TimeOuts } from './time-outs.ts'
import { WaitingList } from './waiting-list.ts'
import { type WaitingPolicy, waitingPolicy } from './waiting-policy.ts'

const endless = Number.POSITIVE_INFINITY

/**
 * The requests that wait at one place, in the order in which they came and in that of their
 * discipline. Those whose time is over may wait on behind the others of their priority level, as
 * with Triton's timeout action DELAY.
 */
export class RequestQueue {
  readonly #maxLength: number
  readonly #requests: Requests
  readonly #classes: readonly ClassPlan[]
  readonly #policies: readonly WaitingPolicy[]
  /** priority level of each class; 0 where levels mean nothing */
  readonly #levelOf: readonly number[]
  /** with ageing, levels bound a queue but do not part it */
  readonly #strict: boolean
  readonly #came = new WaitingList()
  /** null: the order in which they came */
  readonly #order: QueueOrder | null
  /** those who wait on though their time is over; null where nobody ever does */
  readonly #late: KeyedHeap | null
  /** null where nobody's time is limited */
  readonly #timeOuts: TimeOuts | null
  /** who wait of each priority level */
  readonly #perLevel: Int32Array

  constructor(pool: PoolPlan, classes: readonly ClassPlan[], requests: Requests) {
    const { order } = pool
    const byLevel = order.discipline === 'priority'
    const policies = classes.map((own) => waitingPolicy(pool, own))
    const delaying = policies.some(({ action }) => action === 'delay')
    const groups = classes.map(({ cancels, patienceMs }, index) => {
      if (cancels && patienceMs < endless) return `class ${index}`
      const { timeoutMs } = policies[index]!
      return timeoutMs < endless ? `time-out ${timeoutMs}` : null
    })
    this.#maxLength = pool.maxLength
    this.#requests = requests
    this.#policies = policies
    this.#levelOf = classes.map(({ priority }) => (byLevel ? priority : 0))
    this.#strict = order.discipline === 'priority' && order.ageingMs === endless
    this.#perLevel = new Int32Array(1 + Math.max(...this.#levelOf))
    const inTurn = order.discipline === 'fifo' && !delaying
    this.#order = inTurn ? null : queueOrder(order, classes, requests)
    const lateOrder = (request: number) => (this.#strict ? this.#level(request) : 0)
    this.#late = delaying ? new KeyedHeap(lateOrder) : null
    const limited = groups.some((group) => group !== null)
    this.#timeOuts = limited ? new TimeOuts(groups, requests) : null
    this.#classes = classes
  }

  get length(): number {
    return this.#came.length
  }

  /** The request that has waited longest; -1 for none. */
  get oldest(): number {
    return this.#came.oldest
  }

  /** When the next one's time is over. */
  get nextTimeOut(): Ms {
    const next = this.#timeOuts === null ? -1 : this.#timeOuts.next()
    return next < 0 ? endless : this.#requests.deadline[next]!
  }

  hasRoomFor(request: number): boolean {
    if (this.length >= this.#maxLength) return false
    const { maxLevelLength } = this.#policies[this.#requests.class[request]!]!
    return this.#perLevel[this.#level(request)]! < maxLevelLength
  }

  push(now: Ms, request: number): void {
    const number = this.#requests.class[request]!
    const { timeoutMs } = this.#policies[number]!
    const leaves = this.#classes[number]!.cancels ? this.#leaves(request) : endless
    this.#requests.deadline[request] = Math.min(now + timeoutMs, leaves)
    this.#perLevel[this.#level(request)]!++
    this.#came.push(request)
    this.#order?.push(request)
    this.#timeOuts?.push(request)
  }

  /** The request that goes next; -1 for none. */
  get next(): number {
    if (this.#order === null) return this.#came.oldest
    return this.#lateGoes() ? this.#late!.next() : this.#order.next()
  }

  /** Takes the request that goes next; the queue must not be empty. */
  shift(): number {
    const request = this.#take()
    this.#leave(request)
    return request
  }

  #take(): number {
    if (this.#order === null) return this.#came.oldest
    return this.#lateGoes() ? this.#late!.take() : this.#order.take()
  }

  /** Whether one goes next whose time is over. */
  #lateGoes(): boolean {
    const late = this.#late === null ? -1 : this.#late.next()
    if (late < 0) return false
    const next = this.#order!.next()
    return next < 0 || (this.#strict && this.#level(late) < this.#level(next))
  }

  /**
   * Makes those whose time is over at `now` wait on, or takes the first of them out and returns it;
   * -1 where there is none to take out.
   */
  takeTimedOut(now: Ms): number {
    if (this.#timeOuts === null) return -1
    for (;;) {
      const request = this.#timeOuts.next()
      if (request < 0 || now < this.#requests.deadline[request]!) return -1
      this.#order?.remove(request)
      if (this.#policies[this.#requests.class[request]!]!.action === 'reject') {
        this.#leave(request)
        return request
      }
      this.#timeOuts.remove(request)
      this.#requests.deadline[request] = endless
      this.#late!.push(request)
    }
  }

  /** Whether it left with its client, rather than on the queue's own time-out. */
  isCancelled(now: Ms, request: number): boolean {
    const { cancels } = this.#classes[this.#requests.class[request]!]!
    return cancels && now >= this.#leaves(request)
  }

  #leaves(request: number): Ms {
    const { at, class: numbers } = this.#requests
    return at[request]! + this.#classes[numbers[request]!]!.patienceMs
  }

  /** From every list but the one that it was found in. */
  #leave(request: number): void {
    this.#perLevel[this.#level(request)]!--
    this.#came.remove(request)
    if (this.#requests.deadline[request]! < endless) this.#timeOuts?.remove(request)
  }

  #level(request: number): number {
    return this.#levelOf[this.#requests.class[request]!]!
  }
}

import type { Ms } from '../ports.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import type { KvTransferPlan } from './generation-plan.ts'

/** A server to which KV caches are sent. */
export interface KvReceiver {
  /** Whether a request could ever be held there, alone. */
  holds(request: number): boolean
  /** The KV cache of a request has arrived. */
  takeOver(now: Ms, request: number): void
}

interface KvReceivers {
  readonly all: readonly KvReceiver[]
  /** The receiver that the routing policy chooses for a request. */
  next(now: Ms, request: number): KvReceiver
}

/** A link that sends KV caches to another pool, one after another, in the order of prefill. */
export class KvTransfer {
  readonly #plan: KvTransferPlan
  readonly #timers: ArmedTimers
  readonly #timer: number
  readonly #receivers: KvReceivers
  readonly #requests: number[] = []
  readonly #due: Ms[] = []
  #head = 0
  #freeAt: Ms = Number.NEGATIVE_INFINITY

  constructor(plan: KvTransferPlan, timers: ArmedTimers, receivers: KvReceivers) {
    this.#plan = plan
    this.#timers = timers
    this.#timer = timers.add()
    this.#receivers = receivers
  }

  /** Whether every receiver could ever hold a request. */
  holds(request: number): boolean {
    return this.#receivers.all.every((receiver) => receiver.holds(request))
  }

  /** Sends the KV cache of so many tokens. */
  send(now: Ms, request: number, tokens: number): void {
    const { baseMs, msPerToken } = this.#plan
    this.#freeAt = Math.max(now, this.#freeAt) + baseMs + tokens * msPerToken
    this.#requests.push(request)
    this.#due.push(this.#freeAt)
    this.#wake()
  }

  /** Its timer has fired. */
  timer(now: Ms): void {
    while (this.#nextDue <= now) {
      const request = this.#take()
      this.#receivers.next(now, request).takeOver(now, request)
    }
    this.#wake()
  }

  /** When the next KV cache arrives; Infinity for none. */
  get #nextDue(): Ms {
    return this.#due[this.#head] ?? Number.POSITIVE_INFINITY
  }

  #wake(): void {
    this.#timers.wake(this.#timer, this.#nextDue)
  }

  #take(): number {
    const request = this.#requests[this.#head++]!
    if (this.#head > 1024 && 2 * this.#head > this.#due.length) {
      this.#requests.splice(0, this.#head)
      this.#due.splice(0, this.#head)
      this.#head = 0
    }
    return request
  }
}

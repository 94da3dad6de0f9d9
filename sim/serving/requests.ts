import { growColumns } from '../kernel/index.ts'
import type { RequestFields } from './ports.ts'

/**
 * The requests in the system, a slot each in typed arrays with a free list, so that memory
 * follows the number in flight and not the number served.
 */
export class Requests implements RequestFields {
  at = new Float64Array(0)
  inputTokens = new Int32Array(0)
  outputTokens = new Int32Array(0)
  class = new Uint8Array(0)
  attempt = new Uint8Array(0)
  firstScheduledAt = new Float64Array(0)
  key = new Uint32Array(0)
  sendId = new Uint32Array(0)
  part = new Uint16Array(0)
  copy = new Uint8Array(0)
  copyOf = new Uint32Array(0)
  /** when its client leaves; Infinity for never */
  leaves = new Float64Array(0)
  /** when it is sent again, where its outcome is `retried` */
  retryAt = new Float64Array(0)
  /** where its outcome is `retried`: the OUTCOME of the attempt that failed */
  ownOutcome = new Uint8Array(0)
  /** when it was routed; only where there are networks */
  routed = new Float64Array(0)
  /** when it was enqueued */
  enqueued = new Float64Array(0)
  /** when its batch window closes; stored, so that `now >= window` holds at the timer's instant */
  window = new Float64Array(0)
  /** when the server gives up on it, while it waits */
  deadline = new Float64Array(0)
  /** idle time of its station when it was enqueued; from its dispatch on, its batch wait */
  idleAtEnqueueMs = new Float64Array(0)
  /** index of the pool that it was routed to */
  pool = new Uint8Array(0)
  /** number of the queue that it joined or was refused by; numbered through, pool by pool */
  queue = new Int32Array(0)
  /** how it ended: an OUTCOME */
  outcome = new Uint8Array(0)
  /** when its first token came out; NaN where none did */
  firstToken = new Float64Array(0)
  /** 1 where a server that generated its answer has not stated how many tokens that has */
  uncounted = new Uint8Array(0)
  /** how often it was preempted while it generated */
  preemptions = new Uint16Array(0)
  /** why it was refused: a REFUSAL */
  refusal = new Uint8Array(0)
  /** 1 where it was enqueued in overload, see admission/adaptive-lifo.ts */
  arrivedInOverload = new Uint8Array(0)
  readonly prefixes = new Map<number, Int32Array>()
  inUse = 0
  /** whether networks carry them: they are routed, delivered and answered at times of their own */
  overNetwork = false

  #free = new Int32Array(0)

  constructor(capacity = 256) {
    this.#grow(capacity)
  }

  acquire(): number {
    if (this.inUse === this.at.length) this.#grow(2 * this.at.length)
    return this.#free[this.at.length - ++this.inUse]!
  }

  release(slot: number): void {
    if (this.prefixes.size > 0) this.prefixes.delete(slot)
    this.#free[this.at.length - this.inUse--] = slot
  }

  #grow(capacity: number): void {
    const old = this.at.length
    growColumns(this, capacity)
    this.firstToken.fill(Number.NaN, old)
    this.#free = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i)
  }
}

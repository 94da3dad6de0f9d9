import type { RequestFields } from './ports.ts'

/**
 * The requests in the system, a slot each in typed arrays with a free list, so that memory
 * follows the number in flight and not the number served.
 */
export class Requests implements RequestFields {
  at: Float64Array
  length: Int32Array
  output: Int32Array
  class: Uint8Array
  attempt: Uint8Array
  since: Float64Array
  key: Uint32Array
  sending: Uint32Array
  part: Uint16Array
  /** when its client leaves; Infinity for never */
  leaves: Float64Array
  /** when it was enqueued */
  enqueued: Float64Array
  /** when its batch window closes; stored, so that `now >= window` holds at the timer's instant */
  window: Float64Array
  /** when the server gives up on it, while it waits */
  deadline: Float64Array
  /** idle time of its station, at enqueueing; from dispatch on, its batch wait */
  idleAtEnqueueMs: Float64Array
  /** index of the pool that it was routed to */
  pool: Uint8Array
  /** number of the queue that it joined or was refused by; numbered through, pool by pool */
  queue: Int32Array
  /** how it ended: an OUTCOME */
  outcome: Uint8Array
  /** when its first token came out; NaN where none did */
  firstToken: Float64Array
  /** how often it was preempted while it generated */
  preemptions: Uint16Array
  /** why it was refused: a REFUSAL */
  refusal: Uint8Array
  /** 1 where it was enqueued in overload, see admission/adaptive-lifo.ts */
  arrivedInOverload: Uint8Array
  readonly prefixes = new Map<number, Int32Array>()
  inUse = 0

  #free: Int32Array

  constructor(capacity = 256) {
    this.at = new Float64Array(capacity)
    this.length = new Int32Array(capacity)
    this.output = new Int32Array(capacity)
    this.class = new Uint8Array(capacity)
    this.attempt = new Uint8Array(capacity)
    this.since = new Float64Array(capacity)
    this.key = new Uint32Array(capacity)
    this.sending = new Uint32Array(capacity)
    this.part = new Uint16Array(capacity)
    this.leaves = new Float64Array(capacity)
    this.enqueued = new Float64Array(capacity)
    this.window = new Float64Array(capacity)
    this.deadline = new Float64Array(capacity)
    this.idleAtEnqueueMs = new Float64Array(capacity)
    this.pool = new Uint8Array(capacity)
    this.queue = new Int32Array(capacity)
    this.outcome = new Uint8Array(capacity)
    this.firstToken = new Float64Array(capacity).fill(Number.NaN)
    this.preemptions = new Uint16Array(capacity)
    this.refusal = new Uint8Array(capacity)
    this.arrivedInOverload = new Uint8Array(capacity)
    this.#free = Int32Array.from({ length: capacity }, (_, i) => capacity - 1 - i)
  }

  acquire(): number {
    if (this.inUse === this.at.length) this.#grow()
    return this.#free[this.at.length - ++this.inUse]!
  }

  release(slot: number): void {
    if (this.prefixes.size > 0) this.prefixes.delete(slot)
    this.#free[this.at.length - this.inUse--] = slot
  }

  #grow(): void {
    const old = this.at.length
    const capacity = old * 2
    this.at = grown(this.at, new Float64Array(capacity))
    this.length = grown(this.length, new Int32Array(capacity))
    this.output = grown(this.output, new Int32Array(capacity))
    this.class = grown(this.class, new Uint8Array(capacity))
    this.attempt = grown(this.attempt, new Uint8Array(capacity))
    this.since = grown(this.since, new Float64Array(capacity))
    this.key = grown(this.key, new Uint32Array(capacity))
    this.sending = grown(this.sending, new Uint32Array(capacity))
    this.part = grown(this.part, new Uint16Array(capacity))
    this.leaves = grown(this.leaves, new Float64Array(capacity))
    this.enqueued = grown(this.enqueued, new Float64Array(capacity))
    this.window = grown(this.window, new Float64Array(capacity))
    this.deadline = grown(this.deadline, new Float64Array(capacity))
    this.idleAtEnqueueMs = grown(this.idleAtEnqueueMs, new Float64Array(capacity))
    this.pool = grown(this.pool, new Uint8Array(capacity))
    this.queue = grown(this.queue, new Int32Array(capacity))
    this.outcome = grown(this.outcome, new Uint8Array(capacity))
    this.firstToken = grown(this.firstToken, new Float64Array(capacity).fill(Number.NaN))
    this.preemptions = grown(this.preemptions, new Uint16Array(capacity))
    this.refusal = grown(this.refusal, new Uint8Array(capacity))
    this.arrivedInOverload = grown(this.arrivedInOverload, new Uint8Array(capacity))
    this.#free = new Int32Array(capacity)
    for (let i = 0; i < old; i++) this.#free[i] = capacity - 1 - i
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

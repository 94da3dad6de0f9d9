import type { Ms, Outcome } from '../../sim/serving/index.ts'

const ARRIVED = 0
const SETTLED = 1
const CLOSED = 2
const HEADER = 3

/** Whole numbers and times that a slot has, each a column of the table. */
const NUMBERS = [
  'key',
  'class',
  'length',
  'answers',
  'outcome',
  'size',
  'place',
  'executor',
] as const
const TIMES = ['at', 'dispatched', 'started', 'ended', 'settled'] as const

/** A table of requests in memory that threads share. It can be sent to another thread. */
export interface SlotMemory {
  /** a power of two */
  readonly slots: number
  readonly words: SharedArrayBuffer
  readonly times: SharedArrayBuffer
  /** the counter that the dispatcher sleeps on */
  readonly signal: SharedArrayBuffer
}

/** `slots`: a power of two. */
export function slotMemory(slots: number, signal: SharedArrayBuffer): SlotMemory {
  if (!Number.isInteger(Math.log2(slots))) {
    throw new Error(`Expected a power of two of slots, got ${slots}`)
  }
  // each slot is at most once among those that arrive, and once among those that have settled
  const words = new SharedArrayBuffer(4 * (HEADER + (2 + NUMBERS.length) * slots))
  return { slots, words, times: new SharedArrayBuffer(8 * TIMES.length * slots), signal }
}

/** A request of a client, on its way to the dispatcher. `at`: on the clock of the fleet. */
export interface Arrival {
  readonly slot: number
  readonly class: number
  /** in the free dimension of the model, or tokens of the prompt */
  readonly length: number
  /** tokens to generate; default: 0 */
  readonly answers?: number
  readonly at: Ms
}

/**
 * Requests between the thread of their clients and the dispatcher: two rings, each with one writer
 * and one reader, and what each side writes about a slot. A slot is used again once it has settled
 * and its client has the answer.
 */
export class SlotTable {
  readonly slots: number
  readonly class: Int32Array
  readonly length: Int32Array
  /** tokens to generate */
  readonly answers: Int32Array
  readonly outcome: Int32Array
  /** of the batch that a request was in; 0 where it was in none */
  readonly size: Int32Array
  /** its number among the members of that batch */
  readonly place: Int32Array
  /** that ran the batch */
  readonly executor: Int32Array
  /** arrival; first on the clock of the fleet, and from `take` on in the time of the dispatcher */
  readonly at: Float64Array
  readonly dispatched: Float64Array
  readonly started: Float64Array
  readonly ended: Float64Array
  readonly settled: Float64Array
  readonly #key: Int32Array
  readonly #words: Int32Array
  readonly #signal: Int32Array
  readonly #arriving: Int32Array
  readonly #settling: Int32Array
  /** requests that this side has taken: arrivals, or those that have settled */
  #taken = 0

  constructor({ slots, words, times, signal }: SlotMemory) {
    this.slots = slots
    this.#words = new Int32Array(words)
    this.#signal = new Int32Array(signal)
    const numbers = (column: number) => new Int32Array(words, 4 * (HEADER + column * slots), slots)
    this.#arriving = numbers(0)
    this.#settling = numbers(1)
    const [key, ...others] = NUMBERS.map((_, i) => numbers(2 + i))
    this.#key = key!
    const [classes, length, answers, outcome, size, place, executor] = others
    this.class = classes!
    this.length = length!
    this.answers = answers!
    this.outcome = outcome!
    this.size = size!
    this.place = place!
    this.executor = executor!
    const [at, dispatched, started, ended, settled] = TIMES.map(
      (_, i) => new Float64Array(times, 8 * i * slots, slots),
    )
    this.at = at!
    this.dispatched = dispatched!
    this.started = started!
    this.ended = ended!
    this.settled = settled!
  }

  /** The slot of a request by its key. */
  slotOf(key: number): number {
    return key & (this.slots - 1)
  }

  /** Changes with each request of a slot, so that draws which depend on it differ. */
  keyOf(slot: number): number {
    return this.#key[slot]! >>> 0
  }

  // the side of the clients

  /** Sends a request to the dispatcher. Its inputs must have been written. */
  send({ slot, class: classNumber, length, answers = 0, at }: Arrival): void {
    const words = this.#words
    this.#key[slot] = ((this.#key[slot]! & -this.slots) + this.slots) | slot
    this.class[slot] = classNumber
    this.length[slot] = length
    this.answers[slot] = answers
    this.at[slot] = at
    this.size[slot] = 0
    const arrived = Atomics.load(words, ARRIVED)
    this.#arriving[this.slotOf(arrived)] = slot
    Atomics.store(words, ARRIVED, (arrived + 1) | 0)
    this.#wakeDispatcher()
  }

  /** No request is sent from now on. */
  close(): void {
    Atomics.store(this.#words, CLOSED, 1)
    this.#wakeDispatcher()
  }

  #wakeDispatcher(): void {
    Atomics.add(this.#signal, 0, 1)
    Atomics.notify(this.#signal, 0)
  }

  /** A request that has settled and was not taken yet; -1 for none. */
  takeSettled(): number {
    if (Atomics.load(this.#words, SETTLED) === this.#taken) return -1
    const slot = this.#settling[this.slotOf(this.#taken)]!
    this.#taken = (this.#taken + 1) | 0
    return slot
  }

  /** Resolves once `takeSettled` has a request. */
  async someSettled(): Promise<void> {
    await Atomics.waitAsync(this.#words, SETTLED, this.#taken).value
  }

  // the side of the dispatcher

  get closed(): boolean {
    return Atomics.load(this.#words, CLOSED) === 1
  }

  /** The next request that arrives; -1 for none. It stays the next until `take`. */
  get next(): number {
    if (Atomics.load(this.#words, ARRIVED) === this.#taken) return -1
    return this.#arriving[this.slotOf(this.#taken)]!
  }

  /** `at`: the arrival of the next request in the time of the dispatcher. */
  take(at: Ms): void {
    this.at[this.next] = at
    this.#taken = (this.#taken + 1) | 0
  }

  settle(slot: number, outcome: Outcome, now: Ms): void {
    const words = this.#words
    this.outcome[slot] = outcome
    this.settled[slot] = now
    const settled = Atomics.load(words, SETTLED)
    this.#settling[this.slotOf(settled)] = slot
    Atomics.store(words, SETTLED, (settled + 1) | 0)
    Atomics.notify(words, SETTLED)
  }
}

import { type Batch, type Ms, STATUS, type Status } from '../sim/serving/index.ts'
import type { WallClock } from './clock.ts'
import type { LivePort } from './dispatcher.ts'
import { type Mailbox, postBatch } from './mailbox.ts'
import { Shortages } from './shortages.ts'

/** The timer of the system is late by tenths of a ms: the rest of a wait is spun away. */
export const SPIN_MS = 0.2
/** A sleep is cut into pieces, so that an interruption is noticed. */
const LONGEST_SLEEP_MS = 100

/** Thrown inside the dispatcher thread when the run was told to stop. */
export class Interrupted extends Error {}

/** Executors behind mailboxes, on the wall clock; times count from `origin` on that clock. */
export class MailboxPort implements LivePort {
  readonly shortages = new Shortages()
  readonly #clock: WallClock
  readonly #origin: Ms
  readonly #mailboxes: readonly Mailbox[]
  readonly #signal: Int32Array
  readonly #abort: Int32Array
  readonly #requests: { readonly length: Int32Array; readonly key: Uint32Array }
  /** value of the signal when the mailboxes were last looked through */
  #seen = 0
  #next = 0

  constructor(world: {
    clock: WallClock
    origin: Ms
    mailboxes: readonly Mailbox[]
    signal: SharedArrayBuffer
    abort: SharedArrayBuffer
    requests: { readonly length: Int32Array; readonly key: Uint32Array }
  }) {
    this.#clock = world.clock
    this.#origin = world.origin
    this.#mailboxes = world.mailboxes
    this.#signal = new Int32Array(world.signal)
    this.#abort = new Int32Array(world.abort)
    this.#requests = world.requests
    this.#next = world.mailboxes.length
    this.#seen = Atomics.load(this.#signal, 0)
  }

  now(): Ms {
    return this.#clock.now() - this.#origin
  }

  sleep(until: Ms): void {
    if (Atomics.load(this.#abort, 0) !== 0) throw new Interrupted()
    const left = until - this.now()
    if (left > SPIN_MS) {
      // the value last seen, not one loaded here: an end between the two would be slept through
      Atomics.wait(this.#signal, 0, this.#seen, Math.min(left - SPIN_MS, LONGEST_SLEEP_MS))
      return
    }
    while (Atomics.load(this.#signal, 0) === this.#seen && this.now() < until);
  }

  start(batch: Batch): void {
    postBatch(this.#mailboxes[batch.executor]!, batch, this.#requests)
  }

  takeFinished(): number {
    for (;;) {
      while (this.#next < this.#mailboxes.length) {
        const executor = this.#next++
        const mailbox = this.#mailboxes[executor]!
        if (!mailbox.takeFinished()) continue
        if (mailbox.status === STATUS.outOfMemory) {
          this.shortages.note(executor, mailbox.size, mailbox.length)
        }
        return executor
      }
      const signal = Atomics.load(this.#signal, 0)
      if (signal === this.#seen) return -1
      this.#seen = signal
      this.#next = 0
    }
  }

  started(executor: number): Ms {
    return this.#mailboxes[executor]!.started - this.#origin
  }

  ended(executor: number): Ms {
    return this.#mailboxes[executor]!.ended - this.#origin
  }

  status(executor: number): Status {
    return this.#mailboxes[executor]!.status
  }
}

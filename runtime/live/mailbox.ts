import type { Batch, Ms, Requests, Status } from '../../sim/serving/index.ts'
import { TARGET_PROBLEMS, type TargetProblemKind } from '../targets/target-problem.ts'
import { CallMemory, type CallMemoryParts } from './call-memory.ts'
import type { EngineRun } from './engine.ts'
import type { Impairment } from './executor-failures.ts'
import { StepMemory, type StepMemoryParts } from './generation/step-memory.ts'

const COMMAND = 0
const FINISHED = 1
const SIZE = 2
const LENGTH = 3
const STATUS_AT = 4
const STOP = 5
const ORDER = 6
const PID = 7
const INTERRUPTED = 8
const IMPAIRED = 9
const PROBLEM = 10
const HEADER = 11

const STARTED = 0
const ENDED = 1
const FACTOR = 2
const AFTER = 3
const PROCESSOR = 4
const TIMES = 5

/**
 * Orders for an executor: run a batch or steps, load or unload its model, start its process again,
 * or time the control kernel.
 */
const ORDERS = ['run', 'steps', 'load', 'unload', 'restart', 'control'] as const
export type Order = (typeof ORDERS)[number]

/** The shared memory between a dispatcher and one executor. It can be sent to another thread. */
export interface MailboxMemory {
  readonly words: SharedArrayBuffer
  readonly times: SharedArrayBuffer
  /** one counter for all executors of a dispatcher, which sleeps on it */
  readonly signal: SharedArrayBuffer
  readonly maxBatch: number
  /** of an executor that generates; null for another one */
  readonly steps: StepMemoryParts | null
  /** of a connection to a server that generates; null for another executor */
  readonly call: CallMemoryParts | null
}

export function mailboxMemory(
  maxBatch: number,
  signal: SharedArrayBuffer,
  { steps = null, call = null }: Partial<Pick<MailboxMemory, 'steps' | 'call'>> = {},
): MailboxMemory {
  return {
    words: new SharedArrayBuffer((HEADER + 2 * maxBatch) * 4),
    times: new SharedArrayBuffer(8 * TIMES),
    signal,
    maxBatch,
    steps,
    call,
  }
}

/**
 * Passes orders to an executor and their results back through shared memory, one order at a time.
 * `COMMAND` counts posted orders, `FINISHED` counts ended ones.
 */
export class Mailbox {
  /** per request of the batch, its actual length in tokens; `keys` has its key */
  readonly lengths: Int32Array
  readonly keys: Uint32Array
  /** of an executor that generates */
  readonly steps: StepMemory | null
  /** of a connection to a server that generates */
  readonly call: CallMemory | null
  readonly #words: Int32Array
  readonly #times: Float64Array
  readonly #signal: Int32Array
  /** orders that this side has handled */
  #handled = 0

  constructor(memory: MailboxMemory) {
    this.#words = new Int32Array(memory.words)
    this.#times = new Float64Array(memory.times)
    this.#signal = new Int32Array(memory.signal)
    this.lengths = new Int32Array(memory.words, HEADER * 4, memory.maxBatch)
    this.steps = memory.steps && new StepMemory(memory.steps)
    this.call = memory.call && new CallMemory(memory.call)
    this.keys = new Uint32Array(memory.words, (HEADER + memory.maxBatch) * 4, memory.maxBatch)
  }

  // the dispatcher's side

  /** Posts a batch whose requests are in `lengths` and `keys`. */
  post(size: number, length: number): void {
    this.#words[SIZE] = size
    this.#words[LENGTH] = length
    this.postOrder('run')
  }

  /** How the next batches are run otherwise than they would be; null for not at all. */
  impair(impairment: Impairment | null): void {
    this.#words[IMPAIRED] = impairment === null ? 0 : 1
    if (impairment === null) return
    this.#times[FACTOR] = impairment.factor
    this.#times[AFTER] = impairment.afterMs ?? Number.NaN
    Atomics.store(this.#words, INTERRUPTED, 0)
  }

  /** Ends the wait of an impaired executor: its process was killed. */
  interrupt(): void {
    Atomics.store(this.#words, INTERRUPTED, 1)
    Atomics.notify(this.#words, INTERRUPTED)
  }

  postOrder(order: Order): void {
    this.#words[ORDER] = ORDERS.indexOf(order)
    Atomics.add(this.#words, COMMAND, 1)
    Atomics.notify(this.#words, COMMAND)
  }

  /** True once for each order that has ended: its times and status can then be read. */
  takeFinished(): boolean {
    if (Atomics.load(this.#words, FINISHED) === this.#handled) return false
    this.#handled++
    return true
  }

  /** of the last posted order */
  get order(): Order {
    return ORDERS[this.#words[ORDER]!]!
  }

  /** of the last posted batch */
  get size(): number {
    return this.#words[SIZE]!
  }

  /** padded, of the last posted batch */
  get length(): number {
    return this.#words[LENGTH]!
  }

  get started(): Ms {
    return this.#times[STARTED]!
  }

  get ended(): Ms {
    return this.#times[ENDED]!
  }

  /** of the last batch; NaN where it was not measured */
  get processorMs(): Ms {
    return this.#times[PROCESSOR]!
  }

  get status(): Status {
    return this.#words[STATUS_AT] as Status
  }

  /** of a batch that a server did not answer as it should; else null */
  get problem(): TargetProblemKind | null {
    return TARGET_PROBLEMS[this.#words[PROBLEM]!] ?? null
  }

  /** of the executor's process; 0 where it has none of its own */
  get pid(): number {
    return Atomics.load(this.#words, PID)
  }

  stop(): void {
    Atomics.store(this.#words, STOP, 1)
    Atomics.add(this.#words, COMMAND, 1)
    Atomics.notify(this.#words, COMMAND)
  }

  // the executor's side

  /** Blocks until an order is posted; null once stopped. */
  receive(): { order: Order; size: number; length: number } | null {
    while (Atomics.load(this.#words, COMMAND) === this.#handled) {
      Atomics.wait(this.#words, COMMAND, this.#handled)
    }
    return this.#received()
  }

  /** The same without blocking the thread, whose connections go on. */
  async nextOrder(): Promise<ReturnType<Mailbox['receive']>> {
    while (Atomics.load(this.#words, COMMAND) === this.#handled) {
      await Atomics.waitAsync(this.#words, COMMAND, this.#handled).value
    }
    return this.#received()
  }

  #received(): ReturnType<Mailbox['receive']> {
    this.#handled++
    if (Atomics.load(this.#words, STOP) === 1) return null
    return { order: this.order, size: this.#words[SIZE]!, length: this.#words[LENGTH]! }
  }

  /** of the received batch; null where it is run as it should be */
  get impairment(): Impairment | null {
    if (this.#words[IMPAIRED] === 0) return null
    const afterMs = this.#times[AFTER]!
    return { factor: this.#times[FACTOR]!, afterMs: Number.isNaN(afterMs) ? null : afterMs }
  }

  /** Waits; false where it was interrupted. */
  wait(ms: Ms): boolean {
    return Atomics.wait(this.#words, INTERRUPTED, 0, ms) === 'timed-out'
  }

  set pid(pid: number) {
    Atomics.store(this.#words, PID, pid)
  }

  finish({ started, ended, status, processorMs = Number.NaN, problem }: EngineRun): void {
    this.#times[STARTED] = started
    this.#times[ENDED] = ended
    this.#times[PROCESSOR] = processorMs
    this.#words[STATUS_AT] = status
    this.#words[PROBLEM] = problem === undefined ? -1 : TARGET_PROBLEMS.indexOf(problem)
    Atomics.add(this.#words, FINISHED, 1)
    Atomics.add(this.#signal, 0, 1)
    Atomics.notify(this.#signal, 0)
  }
}

/** Copies lengths and keys of a batch's requests and posts the batch. */
export function postBatch(
  mailbox: Mailbox,
  batch: Pick<Batch, 'members' | 'size' | 'length'>,
  requests: Pick<Requests, 'inputTokens' | 'key'>,
): void {
  for (let i = 0; i < batch.size; i++) {
    const request = batch.members[i]!
    mailbox.lengths[i] = requests.inputTokens[request]!
    mailbox.keys[i] = requests.key[request]!
  }
  mailbox.post(batch.size, batch.length)
}

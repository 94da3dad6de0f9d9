import { sharedMemory } from '../../kernel/index.ts'
import type { Batch, Ms, Observer, Requests } from '../../serving/index.ts'

/** The columns of `Rows`; times in ms, NaN where a request did not get so far. */
const COLUMNS = {
  /** scheduled arrival */
  at: Float64Array,
  /** enqueued */
  sent: Float64Array,
  dispatched: Float64Array,
  started: Float64Array,
  ended: Float64Array,
  /** the dispatcher saw its end */
  done: Float64Array,
  /** batch wait: the part of its wait during which an executor was free */
  batchWait: Float64Array,
  class: Uint8Array,
  /** 1 for the first attempt of a call */
  attempt: Uint8Array,
  /** scheduled arrival of the first attempt */
  since: Float64Array,
  /** number of the send, shared by all parts of a fan-out */
  sending: Int32Array,
  /** 0 for the first part, and for a request without parts */
  part: Uint16Array,
  /** when its client times out; Infinity for never */
  leaves: Float64Array,
  pool: Uint8Array,
  /** queue that it joined or that rejected it, numbered over all pools; -1 for none */
  queue: Int32Array,
  length: Int32Array,
  /** tokens to generate; 0 where nothing is generated */
  output: Int32Array,
  executor: Int32Array,
  /** number of its batch in the order of completion; -1 for none */
  batch: Int32Array,
  batchSize: Int16Array,
  /** padded length of its batch; 0 without padding */
  padded: Int32Array,
  outcome: Uint8Array,
  /** when the first token came out */
  firstToken: Float64Array,
  /** how often it was preempted */
  preemptions: Int32Array,
  /** why it was shed: a REFUSAL */
  refusal: Uint8Array,
} as const

export type RowColumn = keyof typeof COLUMNS
export type RowColumns = { readonly [K in RowColumn]: InstanceType<(typeof COLUMNS)[K]> }

/**
 * Raw rows, one for each request, indexed by its key. The columns are in shared memory, so a
 * replay's dispatcher thread passes them on without a copy.
 */
export class Rows {
  readonly count: number
  readonly columns: RowColumns
  /** prompt prefixes by key, where they are known; see `RequestFields` */
  readonly prefixes: Map<number, Int32Array>

  private constructor(count: number, columns: RowColumns, prefixes: Map<number, Int32Array>) {
    this.count = count
    this.columns = columns
    this.prefixes = prefixes
  }

  static allocate(count: number): Rows {
    const entries = Object.entries(COLUMNS).map(([name, Column]) => {
      const shared = sharedMemory(count * Column.BYTES_PER_ELEMENT)
      const column = new (Column as new (buffer: ArrayBufferLike) => RowColumns[RowColumn])(shared)
      if (column instanceof Float64Array) column.fill(Number.NaN)
      if (name === 'batch' || name === 'executor' || name === 'queue') column.fill(-1)
      return [name, column]
    })
    return new Rows(count, Object.fromEntries(entries) as RowColumns, new Map())
  }

  /** The first `count` rows, in the same memory. */
  until(count: number): Rows {
    const entries = Object.entries(this.columns).map(([name, column]) => [
      name,
      column.subarray(0, count),
    ])
    return new Rows(count, Object.fromEntries(entries) as RowColumns, this.prefixes)
  }

  /** A copy with space for more rows. */
  grown(count: number): Rows {
    const more = Rows.allocate(count)
    for (const name of Object.keys(this.columns) as RowColumn[]) {
      more.columns[name].set(this.columns[name])
    }
    for (const [key, prefix] of this.prefixes) more.prefixes.set(key, prefix)
    return more
  }

  /** Rows on columns from another thread or a file. */
  static of(columns: RowColumns): Rows {
    return new Rows(columns.at.length, columns, new Map())
  }
}

/** Writes rows as requests end, in simulated and live runs. */
export class RowRecorder implements Observer {
  #all: Rows
  #rows: RowColumns
  readonly #requests: Requests
  #arrived = 0
  #batches = 0

  /** With more requests than rows, the rows are copied to larger ones. */
  constructor(rows: Rows, requests: Requests) {
    this.#all = rows
    this.#rows = rows.columns
    this.#requests = requests
  }

  /** Rows of the requests so far. */
  get rows(): Rows {
    return this.#all.until(this.#arrived)
  }

  arrived(now: Ms, request: number): void {
    const requests = this.#requests
    const key = requests.key[request]!
    if (key >= this.#all.count) {
      this.#all = this.#all.grown(2 * this.#all.count)
      this.#rows = this.#all.columns
    }
    this.#arrived = Math.max(this.#arrived, key + 1)
    const rows = this.#rows
    rows.at[key] = requests.at[request]!
    rows.sent[key] = now
    rows.class[key] = requests.class[request]!
    rows.attempt[key] = requests.attempt[request]!
    rows.since[key] = requests.since[request]!
    rows.sending[key] = requests.sending[request]!
    rows.part[key] = requests.part[request]!
    rows.leaves[key] = requests.leaves[request]!
    rows.length[key] = requests.length[request]!
    rows.output[key] = requests.output[request]!
    const prefix = requests.prefixes.get(request)
    if (prefix) this.#all.prefixes.set(key, prefix)
  }

  dispatched(): void {}

  batch(now: Ms, batch: Batch): void {
    const rows = this.#rows
    const requests = this.#requests
    const number = this.#batches++
    for (let i = 0; i < batch.size; i++) {
      const request = batch.members[i]!
      const key = requests.key[request]!
      rows.dispatched[key] = batch.dispatched
      rows.started[key] = batch.started
      rows.ended[key] = batch.ended
      rows.done[key] = now
      rows.batchWait[key] = requests.idleAtEnqueueMs[request]!
      rows.executor[key] = batch.executor
      rows.batch[key] = number
      rows.batchSize[key] = batch.size
      rows.padded[key] = batch.length
      rows.pool[key] = requests.pool[request]!
      rows.queue[key] = requests.queue[request]!
      rows.outcome[key] = requests.outcome[request]!
      rows.firstToken[key] = requests.firstToken[request]!
      rows.preemptions[key] = requests.preemptions[request]!
    }
  }

  lost(now: Ms, request: number): void {
    const key = this.#requests.key[request]!
    this.#rows.done[key] = now
    this.#rows.pool[key] = this.#requests.pool[request]!
    this.#rows.queue[key] = this.#requests.queue[request]!
    this.#rows.outcome[key] = this.#requests.outcome[request]!
    this.#rows.refusal[key] = this.#requests.refusal[request]!
  }
}

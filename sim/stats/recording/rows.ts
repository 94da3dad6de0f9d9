import { sharedMemory } from '../../kernel/index.ts'
import type {
  Batch,
  EjectionChange,
  ExecutorPhase,
  Ms,
  Observer,
  Requests,
  TuningStep,
} from '../../serving/index.ts'

type ColumnType =
  | Float64ArrayConstructor
  | Int32ArrayConstructor
  | Int16ArrayConstructor
  | Uint16ArrayConstructor
  | Uint8ArrayConstructor

interface Column<T extends ColumnType> {
  readonly type: T
  /** times are in ms; null for numbers of things and counts */
  readonly unit: 'ms' | null
  /** value until a request has one */
  readonly empty: number
  readonly meaning: string
}

const time = (meaning: string): Column<Float64ArrayConstructor> => ({
  type: Float64Array,
  unit: 'ms',
  empty: Number.NaN,
  meaning,
})
const number = <T extends ColumnType>(type: T, meaning: string, empty = 0): Column<T> => ({
  type,
  unit: null,
  empty,
  meaning,
})

/** Every column of the rows, by the name that it has in Parquet too. */
export const ROW_COLUMNS = Object.freeze({
  at: time('scheduled arrival'),
  routed: time('when it was routed; only with networks'),
  sent: time('arrival at its queue'),
  dispatched: time('when its batch left the queue'),
  started: time('when its executor started the batch'),
  ended: time('when its executor finished the batch'),
  done: time('when the control plane received its end'),
  answered: time('when its client has the answer; only with networks'),
  batchWait: time('batch wait: part of its wait with a free executor'),
  class: number(Uint8Array, 'index of its class'),
  attempt: number(Uint8Array, '1 for the first attempt of a call'),
  firstScheduledAt: time('scheduled arrival of the first attempt'),
  sendId: number(Int32Array, 'number of the send, the same for all parts of a fan-out'),
  part: number(Uint16Array, 'number of the part of a fan-out, from 0'),
  copyOf: number(
    Int32Array,
    'of a further copy of a hedged request: row of the first; else -1',
    -1,
  ),
  leaves: time('when its client times out; Infinity for never'),
  pool: number(Uint8Array, 'index of its pool'),
  queue: number(
    Int32Array,
    'queue that it joined or that refused it, over all pools; -1 for none',
    -1,
  ),
  inputTokens: number(Int32Array, 'length of its input'),
  outputTokens: number(Int32Array, 'tokens to generate; 0 where nothing is generated'),
  executor: number(Int32Array, 'index over all pools; -1 for none', -1),
  batch: number(Int32Array, 'number of its batch in order of completion; -1 for none', -1),
  batchSize: number(Int16Array, 'requests of its batch'),
  padded: number(Int32Array, 'padded length of its batch; 0 where it is not padded'),
  outcome: number(Uint8Array, 'how it ended: an OUTCOME'),
  firstToken: time('when its first token was generated'),
  preemptions: number(Int32Array, 'how often it was preempted'),
  uncounted: number(
    Uint8Array,
    '1 where its server has not stated how many tokens its answer has; else 0',
  ),
  refusal: number(Uint8Array, 'why it was refused: a REFUSAL'),
})

export type RowColumn = keyof typeof ROW_COLUMNS
export type RowColumns = {
  readonly [K in RowColumn]: InstanceType<(typeof ROW_COLUMNS)[K]['type']>
}

/** An executor came or went, as the control plane saw it. */
export interface ExecutorChange {
  readonly at: Ms
  readonly executor: number
  readonly state: ExecutorPhase
}

/** A tuned setting was changed. */
export interface SettingChange {
  readonly at: Ms
  /** its number among the tuned settings */
  readonly tuner: number
  readonly to: number
}

/** A replica was ejected, or gets requests again, as the control plane decided. */
export interface ReplicaEjection extends EjectionChange {
  readonly at: Ms
}

/** Raw rows by request key, in shared memory: threads pass them on without a copy. */
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
    const entries = Object.entries(ROW_COLUMNS).map(([name, { type, empty }]) => {
      const shared = sharedMemory(count * type.BYTES_PER_ELEMENT)
      const column = new (type as new (buffer: ArrayBufferLike) => RowColumns[RowColumn])(shared)
      if (empty !== 0) column.fill(empty)
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
    const copy = Rows.allocate(count)
    for (const name of Object.keys(this.columns) as RowColumn[]) {
      copy.columns[name].set(this.columns[name])
    }
    for (const [key, prefix] of this.prefixes) copy.prefixes.set(key, prefix)
    return copy
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
  /** executors that came or went, in order */
  readonly changes: ExecutorChange[] = []
  /** changes of tuned settings, in order */
  readonly settings: SettingChange[] = []
  /** replicas that were ejected, and got requests again, in order */
  readonly ejections: ReplicaEjection[] = []
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
    if (requests.overNetwork) rows.routed[key] = requests.routed[request]!
    rows.sent[key] = now
    rows.class[key] = requests.class[request]!
    rows.attempt[key] = requests.attempt[request]!
    rows.firstScheduledAt[key] = requests.firstScheduledAt[request]!
    rows.sendId[key] = requests.sendId[request]!
    rows.part[key] = requests.part[request]!
    if (requests.copy[request]! > 0) rows.copyOf[key] = requests.copyOf[request]!
    rows.leaves[key] = requests.leaves[request]!
    rows.inputTokens[key] = requests.inputTokens[request]!
    rows.outputTokens[key] = requests.outputTokens[request]!
    const prefix = requests.prefixes.get(request)
    if (prefix) this.#all.prefixes.set(key, prefix)
  }

  dispatched(): void {}

  executor(at: Ms, executor: number, state: ExecutorPhase): void {
    this.changes.push({ at, executor, state })
  }

  tuned(at: Ms, { tuner, to }: TuningStep): void {
    this.settings.push({ at, tuner, to })
  }

  ejected(at: Ms, change: EjectionChange): void {
    this.ejections.push({ at, ...change })
  }

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
      rows.uncounted[key] = requests.uncounted[request]!
    }
  }

  answered(now: Ms, request: number): void {
    const key = this.#requests.key[request]!
    this.#rows.answered[key] = now
    this.#rows.outcome[key] = this.#requests.outcome[request]!
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

import { RecordProblem, type RequestRecord } from './request-record.ts'

const COLUMNS = [
  ...(['scheduledMs', 'sentMs', 'firstTokenMs', 'endMs', 'queueMs'] as const),
  ...(['inputTokens', 'outputTokens'] as const),
] as const
type LogColumn = (typeof COLUMNS)[number]
const TIMES: readonly LogColumn[] = ['scheduledMs', 'sentMs', 'firstTokenMs', 'endMs']

/**
 * Requests of a log in order of their arrival: when they were to be sent, or where that is not
 * known of all of them, when they were sent. Columns as in `RequestRecord`; times count from the
 * first arrival.
 */
export interface RequestLog {
  readonly count: number
  readonly columns: Readonly<Record<LogColumn, Float64Array>>
  readonly ok: Uint8Array
  /** by index into `kinds`; -1 for none */
  readonly kind: Int32Array
  readonly kinds: readonly string[]
  /** of the server, by number; -1 where it is not known */
  readonly instance: Int32Array
  /** whether arrivals are times of a schedule */
  readonly scheduled: boolean
  /** when the first request arrived, ms since 1970; null where times have another origin */
  readonly originMs: number | null
}

/** Later times count from 1970: this is in 2001. */
const EPOCH_MS = 1e12
/** Each takes some 75 bytes. */
export const MOST_RECORDS = 10_000_000
/** Further kinds are one. */
export const MOST_KINDS = 1000
export const OTHER_KIND = 'others'
/** Which of further instances answered is not known. */
const MOST_INSTANCES = 10_000
const MOST_TOKENS = 1e9

/** Collects records, in any order. */
export class RequestLogBuilder {
  #count = 0
  #columns = allocated(1024)
  #ok = new Uint8Array(1024)
  #kind = new Int32Array(1024)
  #instance = new Int32Array(1024)
  readonly #kinds = new Map<string, number>()
  readonly #instances = new Map<string, number>()
  #scheduled = true

  get count(): number {
    return this.#count
  }

  /**
   * `instance`: the name of the one that answered; null where it is not known. Throws
   * `RecordProblem` for a record that contradicts itself.
   */
  add(record: RequestRecord, instance: string | null = null): void {
    check(record)
    if (this.#count === this.#ok.length) this.#grow()
    for (const name of COLUMNS) this.#columns[name][this.#count] = record[name]
    this.#ok[this.#count] = record.ok ? 1 : 0
    this.#kind[this.#count] = record.kind === null ? -1 : this.#kindOf(record.kind)
    this.#instance[this.#count] = instance === null ? -1 : this.#instanceOf(instance)
    this.#scheduled &&= Number.isFinite(record.scheduledMs)
    this.#count++
  }

  #kindOf(kind: string): number {
    const name = this.#kinds.has(kind) || this.#kinds.size < MOST_KINDS ? kind : OTHER_KIND
    const known = this.#kinds.get(name)
    if (known !== undefined) return known
    this.#kinds.set(name, this.#kinds.size)
    return this.#kinds.size - 1
  }

  #instanceOf(instance: string): number {
    const known = this.#instances.get(instance)
    if (known !== undefined) return known
    if (this.#instances.size >= MOST_INSTANCES) return -1
    this.#instances.set(instance, this.#instances.size)
    return this.#instances.size - 1
  }

  #grow(): void {
    const size = 2 * this.#ok.length
    const columns = allocated(size)
    for (const name of COLUMNS) columns[name].set(this.#columns[name])
    const [ok, kind] = [new Uint8Array(size), new Int32Array(size)]
    const instance = new Int32Array(size)
    ok.set(this.#ok)
    kind.set(this.#kind)
    instance.set(this.#instance)
    this.#columns = columns
    this.#ok = ok
    this.#kind = kind
    this.#instance = instance
  }

  /** Expects at least one record. */
  log(): RequestLog {
    const count = this.#count
    const arrivals = this.#columns[this.#scheduled ? 'scheduledMs' : 'sentMs']
    const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
      (a, b) => arrivals[a]! - arrivals[b]! || a - b,
    )
    const origin = arrivals[order[0]!]!
    const columns = Object.fromEntries(
      COLUMNS.map((name) => {
        const from = TIMES.includes(name) ? origin : 0
        return [name, Float64Array.from(order, (i) => this.#columns[name][i]! - from)]
      }),
    ) as Record<LogColumn, Float64Array>
    return {
      count,
      columns,
      ok: Uint8Array.from(order, (i) => this.#ok[i]!),
      kind: Int32Array.from(order, (i) => this.#kind[i]!),
      kinds: [...this.#kinds.keys()],
      instance: Int32Array.from(order, (i) => this.#instance[i]!),
      scheduled: this.#scheduled,
      originMs: origin >= EPOCH_MS ? origin : null,
    }
  }
}

function allocated(size: number): Record<LogColumn, Float64Array> {
  return Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(size)])) as Record<
    LogColumn,
    Float64Array
  >
}

/** NaN is what the file does not have. Nothing else may be infinite or out of order. */
function check(record: RequestRecord): void {
  for (const name of COLUMNS) {
    const value = record[name]
    if (Number.isNaN(value)) continue
    if (!Number.isFinite(value)) throw new RecordProblem(`expected a finite number, got ${value}`)
  }
  const { sentMs, firstTokenMs, endMs, queueMs, inputTokens, outputTokens } = record
  if (Number.isNaN(sentMs)) throw new RecordProblem('expected the time of a request, got none')
  const inOrder = [
    ['end', endMs],
    ['first token', firstTokenMs],
  ] as const
  for (const [what, at] of inOrder) {
    if (at < sentMs) {
      throw new RecordProblem(`expected its ${what} after its start, got ${at - sentMs} ms before`)
    }
  }
  if (firstTokenMs > endMs) {
    throw new RecordProblem(`expected its first token before its end, got one after it`)
  }
  if (queueMs < 0 || queueMs > endMs - sentMs) {
    throw new RecordProblem(`expected a wait within its latency, got ${queueMs} ms`)
  }
  for (const tokens of [inputTokens, outputTokens]) {
    if (Number.isNaN(tokens)) continue
    if (!(Number.isInteger(tokens) && tokens >= 0 && tokens <= MOST_TOKENS)) {
      throw new RecordProblem(`expected a whole number of tokens, got ${tokens}`)
    }
  }
}

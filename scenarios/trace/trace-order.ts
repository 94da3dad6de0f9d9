import { LineError } from './trace-lines.ts'
import type { TimeReader } from './trace-time.ts'
import type { RowSink, TraceRow } from './trace-values.ts'

/**
 * Consecutive rows in order of time. Lengths are as written, null if there are none. The arrays are
 * reused for the next run.
 */
export interface TraceRun {
  /** ms since the first row of the file */
  readonly times: Float64Array
  readonly lengths: Float64Array | null
  readonly outputs: Float64Array | null
  /** prefixes of prompts; null for rows without one, or if no row has one */
  readonly prefixes: readonly (Int32Array | null)[] | null
  /** numbers of the values in the class column; null without one */
  readonly kinds: Float64Array | null
}

/** Rows of one run, and the largest distance of a row from its place in time. */
export const RUN_ROWS = 32_768

const FIRST_ROWS = 1024

interface OrderOptions {
  readonly time: TimeReader
  readonly hasLengths: boolean
  readonly hasOutputs: boolean
  readonly hasPrefixes: boolean
  readonly hasKinds: boolean
  /** times are spread evenly over this interval */
  readonly jitterMs: number
  /** rows of a run; at most twice as many are in memory */
  readonly runRows: number
}

/**
 * Sorts streamed rows by time with at most two runs of them in memory. So a file of two runs can be
 * in any order; in a longer file a row can be up to a run late. Ties keep the order of the file.
 */
export class TraceOrder implements RowSink {
  readonly #options: OrderOptions
  #times = new Float64Array(FIRST_ROWS)
  #lengths: Float64Array | null
  #outputs: Float64Array | null
  #prefixes: (Int32Array | null)[] | null
  #kinds: Float64Array | null
  #run: Omit<TraceRun, 'prefixes'>
  #size = 0
  /** rows so far, over the whole file */
  #count = 0
  /** ticks of the first row in time; NaN until the first run is returned */
  #origin = Number.NaN
  #given = Number.NEGATIVE_INFINITY

  constructor(options: OrderOptions) {
    this.#options = options
    this.#lengths = options.hasLengths ? new Float64Array(FIRST_ROWS) : null
    this.#outputs = options.hasOutputs ? new Float64Array(FIRST_ROWS) : null
    this.#prefixes = options.hasPrefixes ? [] : null
    this.#kinds = options.hasKinds ? new Float64Array(FIRST_ROWS) : null
    this.#run = this.#emptyRun(FIRST_ROWS)
  }

  /** ms since 1970 of the first row in time, once a run was taken; null if that is not known. */
  get firstRowMs(): number | null {
    return this.#options.time.since1970(this.#origin)
  }

  /** Rows in memory. */
  get size(): number {
    return this.#size
  }

  /** Whether a run must be taken before another row is added. */
  get full(): boolean {
    return this.#size === 2 * this.#options.runRows
  }

  add({ ticks, input, output, prefix, kind }: TraceRow, line: number): void {
    const hasOrigin = !Number.isNaN(this.#origin)
    const time = hasOrigin ? this.#ms(ticks, this.#count) : ticks
    if (hasOrigin && (ticks < this.#origin || time < this.#given)) {
      const { runRows } = this.#options
      const text = `a row at most ${runRows} rows from its place in time, got one further behind`
      throw new LineError(line, `expected ${text}; sort the file`)
    }
    if (this.#size === this.#times.length) this.#grow()
    this.#times[this.#size] = time
    if (this.#lengths) this.#lengths[this.#size] = input
    if (this.#outputs) this.#outputs[this.#size] = output
    if (this.#kinds) this.#kinds[this.#size] = kind
    this.#prefixes?.push(prefix)
    this.#size++
    this.#count++
  }

  /** The next run of rows in order of time. */
  take(): TraceRun {
    if (Number.isNaN(this.#origin)) this.#begin()
    this.#sort()
    const count = Math.min(this.#options.runRows, this.#size)
    if (count > this.#run.times.length) this.#run = this.#emptyRun(this.#options.runRows)
    const first = (column: Float64Array, run: Float64Array) => {
      run.set(column.subarray(0, count))
      column.copyWithin(0, count, this.#size)
      return run.subarray(0, count)
    }
    const times = first(this.#times, this.#run.times)
    const lengths = this.#lengths && first(this.#lengths, this.#run.lengths!)
    const outputs = this.#outputs && first(this.#outputs, this.#run.outputs!)
    const kinds = this.#kinds && first(this.#kinds, this.#run.kinds!)
    const prefixes = this.#prefixes?.splice(0, count) ?? null
    this.#size -= count
    this.#given = times.at(-1) ?? this.#given
    return { times, lengths, outputs, prefixes, kinds }
  }

  #emptyRun(rows: number): Omit<TraceRun, 'prefixes'> {
    const { hasLengths, hasOutputs, hasKinds } = this.#options
    return {
      times: new Float64Array(rows),
      lengths: hasLengths ? new Float64Array(rows) : null,
      outputs: hasOutputs ? new Float64Array(rows) : null,
      kinds: hasKinds ? new Float64Array(rows) : null,
    }
  }

  #grow(): void {
    this.#times = doubled(this.#times)
    this.#lengths = this.#lengths && doubled(this.#lengths)
    this.#outputs = this.#outputs && doubled(this.#outputs)
    this.#kinds = this.#kinds && doubled(this.#kinds)
  }

  #begin(): void {
    const times = this.#times.subarray(0, this.#size)
    let first = Number.POSITIVE_INFINITY
    for (const ticks of times) first = Math.min(first, ticks)
    this.#origin = first
    for (let i = 0; i < times.length; i++) times[i] = this.#ms(times[i]!, i)
  }

  /** The subtraction comes first because it is exact; then the division is rounded once. */
  #ms(ticks: number, row: number): number {
    const { time, jitterMs } = this.#options
    const ms = time.ms(ticks - this.#origin)
    // multiples of the golden ratio fill an interval evenly (Weyl 1916)
    return jitterMs === 0 ? ms : ms + jitterMs * ((row * GOLDEN) % 1)
  }

  #sort(): void {
    const times = this.#times.subarray(0, this.#size)
    if (times.every((time, i) => i === 0 || time >= times[i - 1]!)) return
    const order = Uint32Array.from(times, (_, i) => i)
    order.sort((a, b) => times[a]! - times[b]! || a - b)
    for (const column of [this.#times, this.#lengths, this.#outputs, this.#kinds]) {
      column?.set(Float64Array.from(order, (i) => column[i]!))
    }
    const prefixes = this.#prefixes
    if (prefixes) this.#prefixes = Array.from(order, (i) => prefixes[i]!)
  }
}

function doubled(column: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * column.length)
  larger.set(column)
  return larger
}

const GOLDEN = (Math.sqrt(5) - 1) / 2

import { Failure } from '../failure.ts'
import { pathFrom, Unreadable } from '../load/user-file.ts'
import { ClassValues } from './class-values.ts'
import { type ByteProgress, LineError, linesOf } from './trace-lines.ts'
import { RUN_ROWS, TraceOrder, type TraceRun } from './trace-order.ts'
import { ParquetError, parquetRows } from './trace-parquet.ts'
import type { TraceArrivals } from './trace-piece.ts'
import { csvReader, jsonlReader } from './trace-rows.ts'
import { timeReader } from './trace-time.ts'
import { type RowProblem, RowValues, type TraceColumns } from './trace-values.ts'

interface TraceProgress extends ByteProgress {
  readonly lines: number
}

export interface ReadingOptions {
  readonly onProgress?: ((progress: TraceProgress) => void) | undefined
  /** rows of a run; at most twice as many are in memory */
  readonly runRows?: number
  /** names a key of the arrivals in problems, as the user sets it; default: as in a scenario */
  readonly key?: (name: string) => string
}

const MAX_PROBLEMS = 10

/** One reading of the file of a trace, from its first row to the last. */
export class TraceReading {
  readonly file: string
  /** the last line, or row of a Parquet file, that was read */
  lines = 1
  /** readable rows */
  rows = 0
  /** unreadable rows that were skipped */
  bad = 0

  /** values of its class column so far; null without one */
  readonly kinds: ClassValues | null

  readonly #arrivals: TraceArrivals
  readonly #options: ReadingOptions
  readonly #problems: string[] = []
  readonly #order: TraceOrder
  readonly #values: RowValues

  constructor(arrivals: TraceArrivals, directory: string, options: ReadingOptions = {}) {
    this.file = pathFrom(directory, arrivals.file)
    this.#arrivals = arrivals
    this.#options = options
    const columns = columnsOf(arrivals)
    const time = timeReader(columns.unit)
    const classKey = options.key?.('columns.class') ?? 'columns.class'
    this.kinds = columns.class === null ? null : new ClassValues(classKey)
    this.#order = new TraceOrder({
      time,
      hasLengths: columns.inputTokens !== null,
      hasOutputs: columns.outputTokens !== null,
      hasPrefixes: columns.prefix !== null,
      hasKinds: columns.class !== null,
      jitterMs: 1000 * (arrivals.jitter_s ?? 0),
      runRows: options.runRows ?? RUN_ROWS,
    })
    this.#values = new RowValues(columns, time, this.kinds, this.#order, this.#problem)
  }

  /** UTC time of the first row, once a run was read; null where times are not since 1970. */
  get firstRowAt(): string | null {
    const ms = this.#order.firstRowMs
    return ms === null ? null : new Date(ms).toISOString()
  }

  /**
   * All rows in order of time, one run at a time. Throws `Failure` with `file:line: problem` for
   * the first bad rows, and if there are no good ones.
   */
  async *runs(): AsyncGenerator<TraceRun> {
    try {
      yield* this.#arrivals.format === 'parquet' ? this.#parquet() : this.#text()
    } catch (error) {
      if (error instanceof Failure) throw error
      if (error instanceof LineError) this.#problems.push(this.#at(error.line, error.message))
      else if (error instanceof ParquetError) this.#problems.push(this.#at(null, error.message))
      else throw unreadable(error, this.file, this.#arrivals)
    }
    if (this.#problems.length > 0) throw new Failure(this.#problems)
    while (this.#order.size > 0) yield this.#take()
    if (this.rows === 0) throw new Failure(this.#at(this.lines, 'expected rows, got none'))
  }

  async *#text(): AsyncGenerator<TraceRun> {
    const { format } = this.#arrivals
    const make = format === 'jsonl' || format === 'mooncake' ? jsonlReader : csvReader
    const reader = make(this.#values, this.#problem)
    for await (const { texts, first } of linesOf(this.file, this.#progress)) {
      for (const [i, text] of texts.entries()) {
        this.lines = first + i
        reader.line(text, first + i)
        if (this.#order.full) yield this.#take()
      }
    }
    reader.end()
  }

  async *#parquet(): AsyncGenerator<TraceRun> {
    const { time, inputTokens, outputTokens, class: kind } = this.#values.columns
    const names = [time, inputTokens, outputTokens, kind].filter((name) => name !== null)
    const groups = parquetRows(this.file, [...new Set(names)], this.#progress)
    for await (const { first, rows, columns } of groups) {
      for (let i = 0; i < rows; i++) {
        this.lines = first + i
        const cell = (name: string | null) => (name === null ? undefined : columns[name]?.[i])
        this.#values.add(
          {
            time: columns[time]![i],
            input: cell(inputTokens),
            output: cell(outputTokens),
            class: cell(kind),
          },
          first + i,
        )
        if (this.#order.full) yield this.#take()
      }
    }
  }

  #take(): TraceRun {
    const run = this.#order.take()
    this.rows += run.times.length
    return run
  }

  readonly #progress = (progress: ByteProgress): void => {
    this.#options.onProgress?.({ lines: this.lines, ...progress })
  }

  readonly #problem: RowProblem = (line, text, fatal = false) => {
    if (this.#arrivals.bad_rows === 'skip' && !fatal) {
      this.bad++
      return
    }
    this.#problems.push(this.#at(line, text))
    // ten bad rows show the pattern
    if (fatal || this.#problems.length >= MAX_PROBLEMS) throw new Failure(this.#problems)
  }

  /** A problem with its place: lines of text, rows of Parquet. */
  #at(line: number | null, text: string): string {
    if (line === null) return `${this.file}: ${text}`
    return `${this.file}:${this.#arrivals.format === 'parquet' ? 'row ' : ''}${line}: ${text}`
  }
}

function columnsOf(arrivals: TraceArrivals): TraceColumns {
  const { format, columns = {}, time_unit: unit } = arrivals
  const { time, input_tokens: inputTokens = null, output_tokens: outputTokens = null } = columns
  const ofFormat = format && KNOWN_COLUMNS[format]
  if (ofFormat) return { ...ofFormat, class: columns.class ?? null }
  if (!format || time === undefined || !unit)
    throw new Error('Expected a trace with format, columns.time and time_unit')
  return { time, inputTokens, outputTokens, prefix: null, class: columns.class ?? null, unit }
}

/** Columns of the formats with fixed columns. */
const KNOWN_COLUMNS: Readonly<
  Partial<Record<NonNullable<TraceArrivals['format']>, Omit<TraceColumns, 'class'>>>
> = {
  'azure-llm': {
    time: 'TIMESTAMP',
    inputTokens: 'ContextTokens',
    outputTokens: 'GeneratedTokens',
    prefix: null,
    unit: 'iso',
  },
  mooncake: {
    time: 'timestamp',
    inputTokens: 'input_length',
    outputTokens: 'output_length',
    prefix: 'hash_ids',
    unit: 'ms',
  },
  burstgpt: {
    time: 'Timestamp',
    inputTokens: 'Request tokens',
    outputTokens: 'Response tokens',
    prefix: null,
    unit: 's',
  },
}

function unreadable(error: unknown, file: string, arrivals: TraceArrivals): unknown {
  // an error code: the file was opened, but could not be read to its end
  const reason = error instanceof Unreadable ? error.message : (error as NodeJS.ErrnoException).code
  if (reason === undefined) return error
  const hint =
    error instanceof Unreadable && error.missing && arrivals.format === 'azure-llm'
      ? '; the trace can be downloaded from https://github.com/Azure/AzurePublicDataset,' +
        ` where it is data/AzureLLMInferenceTrace_${file.includes('conv') ? 'conv' : 'code'}.csv`
      : ''
  return new Failure(`${file}: cannot read the trace: ${reason}${hint}`)
}

import { describeValue } from '../parse/describe-value.ts'
import type { ClassValues } from './class-values.ts'
import { type TimeReader, type TimeUnit, timeText } from './trace-time.ts'

/** Columns of a trace by their content. */
export interface TraceColumns {
  readonly time: string
  readonly inputTokens: string | null
  readonly outputTokens: string | null
  /** prefix of the prompt, as numbers; rows may lack it */
  readonly prefix: string | null
  /** its values separate the rows of several classes */
  readonly class: string | null
  readonly unit: TimeUnit
}

/** `fatal`: the rows after it cannot be read, since their columns are unknown. */
export type RowProblem = (line: number, text: string, fatal?: boolean) => void

/** The values of a row as the file has them. */
interface RawRow {
  readonly time: unknown
  readonly input?: unknown
  readonly output?: unknown
  readonly prefix?: unknown
  readonly class?: unknown
}

/** A row of a trace after parsing. */
export interface TraceRow {
  readonly ticks: number
  /** NaN without a column, as `output` */
  readonly input: number
  readonly output: number
  /** prefix of its prompt, one number per 512 tokens; null if the row has none */
  readonly prefix: Int32Array | null
  /** number of its value in the class column; 0 without one */
  readonly kind: number
}

/** Receives rows in the order of the file. */
export interface RowSink {
  add(row: TraceRow, line: number): void
}

const MAX_LENGTH = 1e9

/** Parses the raw values of rows, and passes on the rows that are valid. */
export class RowValues {
  readonly columns: TraceColumns
  readonly #sink: RowSink
  readonly #problem: RowProblem
  readonly #time: TimeReader
  readonly #kinds: ClassValues | null

  constructor(
    columns: TraceColumns,
    time: TimeReader,
    kinds: ClassValues | null,
    sink: RowSink,
    problem: RowProblem,
  ) {
    this.columns = columns
    this.#kinds = kinds
    this.#sink = sink
    this.#problem = problem
    this.#time = time
  }

  add(raw: RawRow, line: number): void {
    const { time: name, unit, inputTokens, outputTokens, prefix: prefixColumn } = this.columns
    const ticks = this.#time.read(raw.time)
    const input = lengthIn(inputTokens, raw.input)
    const output = lengthIn(outputTokens, raw.output)
    const prefix = raw.prefix === undefined ? null : prefixOf(raw.prefix)
    if (!Number.isFinite(ticks)) this.#refuse(line, name, timeText(unit), raw.time)
    else if (input === null) this.#refuse(line, inputTokens!, LENGTH_TEXT, raw.input)
    else if (output === null) this.#refuse(line, outputTokens!, LENGTH_TEXT, raw.output)
    else if (prefix === 'bad') this.#refuse(line, prefixColumn!, PREFIX_TEXT, raw.prefix)
    else {
      const kinds = this.#kinds
      const kind = kinds === null ? 0 : kinds.add(raw.class)
      if (kind === null) this.#problem(line, `${this.columns.class}: ${kinds!.tooMany}`, true)
      else this.#sink.add({ ticks, input, output, prefix, kind }, line)
    }
  }

  #refuse(line: number, column: string, expected: string, value: unknown): void {
    this.#problem(line, `${column}: expected ${expected}, got ${describeValue(value)}`)
  }
}

const LENGTH_TEXT = `a length from 0 to ${MAX_LENGTH}`
const PREFIX_TEXT = 'a list of whole numbers from 0 to 2147483647'
const MAX_NUMBER = 2 ** 31 - 1

/** Null if there are none. */
function prefixOf(numbers: unknown): Int32Array | null | 'bad' {
  if (!Array.isArray(numbers)) return 'bad'
  const good = numbers.every((hash) => Number.isInteger(hash) && hash >= 0 && hash <= MAX_NUMBER)
  if (!good) return 'bad'
  return numbers.length > 0 ? Int32Array.from(numbers) : null
}

/** NaN without a column, null for a value that is not a length. */
function lengthIn(column: string | null, value: unknown): number | null {
  if (column === null) return Number.NaN
  const length = lengthOf(value)
  return length >= 0 && length <= MAX_LENGTH ? length : null
}

function lengthOf(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value)
  const text = typeof value === 'string' ? value.trim() : ''
  return /^\+?\d+(\.\d*)?(e\+?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}

import { describeValue } from '../parse/describe-value.ts'
import { TIME_TEXT, type TimeReader, type TimeUnit } from './trace-time.ts'

/** Which columns of a trace hold what. */
export interface TraceColumns {
  readonly time: string
  readonly inputTokens: string | null
  readonly outputTokens: string | null
  /** numbers of what the prompt begins with; rows may lack it */
  readonly prefix: string | null
  readonly unit: TimeUnit
}

/** `fatal`: the rows after it cannot be read at all, as their columns are not known. */
export type RowProblem = (line: number, text: string, fatal?: boolean) => void

/** A row of a trace as it could be read. */
export interface TraceRow {
  readonly ticks: number
  /** NaN where no column has it, as the next */
  readonly input: number
  readonly output: number
  /** what its prompt begins with, a number for every 512 tokens; null where it does not say */
  readonly prefix: Int32Array | null
}

/** Takes rows in the order of the file. */
export interface RowSink {
  add(row: TraceRow, line: number): void
}

const MAX_LENGTH = 1e9

/** Takes the values of rows as they stand in a file, and hands on those rows that can be read. */
export class RowValues {
  readonly columns: TraceColumns
  readonly #sink: RowSink
  readonly #problem: RowProblem
  readonly #time: TimeReader

  constructor(columns: TraceColumns, time: TimeReader, sink: RowSink, problem: RowProblem) {
    this.columns = columns
    this.#sink = sink
    this.#problem = problem
    this.#time = time
  }

  add(time: unknown, input: unknown, output: unknown, line: number, numbers?: unknown): void {
    const { time: name, unit, inputTokens, outputTokens, prefix: prefixColumn } = this.columns
    const ticks = this.#time.read(time)
    if (!Number.isFinite(ticks)) {
      this.#problem(line, `${name}: expected ${TIME_TEXT[unit]}, got ${describeValue(time)}`)
      return
    }
    const inputLength = lengthIn(inputTokens, input)
    const outputLength = lengthIn(outputTokens, output)
    if (inputLength === null) this.#problem(line, lengthProblem(inputTokens!, input))
    else if (outputLength === null) this.#problem(line, lengthProblem(outputTokens!, output))
    else {
      const prefix = numbers === undefined ? null : prefixOf(numbers)
      if (prefix !== 'bad') {
        this.#sink.add({ ticks, input: inputLength, output: outputLength, prefix }, line)
      } else
        this.#problem(
          line,
          `${prefixColumn}: expected ${PREFIX_TEXT}, got ${describeValue(numbers)}`,
        )
    }
  }
}

const PREFIX_TEXT = 'a list of whole numbers from 0 to 2147483647'
const MAX_NUMBER = 2 ** 31 - 1

/** Null where there are none. */
function prefixOf(numbers: unknown): Int32Array | null | 'bad' {
  if (!Array.isArray(numbers)) return 'bad'
  const good = numbers.every((one) => Number.isInteger(one) && one >= 0 && one <= MAX_NUMBER)
  if (!good) return 'bad'
  return numbers.length > 0 ? Int32Array.from(numbers) : null
}

/** NaN where there is no such column, null where what it has is no length. */
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

function lengthProblem(column: string, value: unknown): string {
  return `${column}: expected a length from 0 to ${MAX_LENGTH}, got ${describeValue(value)}`
}

import { got } from './explain.ts'
import { TIME_TEXT, type TimeReader, type TimeUnit } from './trace-time.ts'

/** Which columns of a trace hold what. */
export interface TraceColumns {
  readonly time: string
  readonly inputTokens: string | null
  readonly outputTokens: string | null
  readonly unit: TimeUnit
}

/** `fatal`: the rows after it cannot be read at all, as their columns are not known. */
export type RowProblem = (line: number, text: string, fatal?: boolean) => void

/** Takes rows in the order of the file; lengths are NaN where no column has them. */
export interface RowSink {
  add(ticks: number, input: number, output: number, line: number): void
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

  add(time: unknown, input: unknown, output: unknown, line: number): void {
    const { time: name, unit, inputTokens, outputTokens } = this.columns
    const ticks = this.#time.read(time)
    if (!Number.isFinite(ticks)) {
      this.#problem(line, `${name}: expected ${TIME_TEXT[unit]}, got ${got(time)}`)
      return
    }
    const inputLength = lengthIn(inputTokens, input)
    const outputLength = lengthIn(outputTokens, output)
    if (inputLength === null) this.#problem(line, lengthProblem(inputTokens!, input))
    else if (outputLength === null) this.#problem(line, lengthProblem(outputTokens!, output))
    else this.#sink.add(ticks, inputLength, outputLength, line)
  }
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
  return `${column}: expected a length from 0 to ${MAX_LENGTH}, got ${got(value)}`
}

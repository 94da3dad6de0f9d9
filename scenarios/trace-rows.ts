import { got } from './explain.ts'
import { didYouMean } from './schema-walk.ts'
import { TIME_TEXT, type TimeUnit, timeReader } from './trace-time.ts'

/** Which columns of a trace hold what. */
export interface TraceColumns {
  readonly time: string
  readonly inputTokens: string | null
  readonly outputTokens: string | null
  readonly unit: TimeUnit
}

/** Takes the lines of a trace one by one and keeps times and lengths in typed arrays. */
export interface RowReader {
  line(text: string, line: number): void
  /** after the last line: what is open, such as a quoted field */
  end(): void
  /** ms since some time at or before the first row of the file; in the order of the file */
  times(): Float64Array
  /** as written; null where no column has them */
  lengths(): Float64Array | null
  /** tokens that were generated, as written; null where no column has them */
  outputs(): Float64Array | null
}

/** `fatal`: the rows after it cannot be read at all, as their columns are not known. */
export type RowProblem = (line: number, text: string, fatal?: boolean) => void

const MAX_LENGTH = 1e9
/** A quoted field may go on over lines, but a quote left open must not swallow the file. */
const MAX_QUOTED_LINES = 1000
const MAX_QUOTED_CHARACTERS = 1 << 20

export function csvReader(columns: TraceColumns, problem: RowProblem): RowReader {
  const rows = new Rows(columns, problem)
  let header: { size: number; time: number; input: number; output: number } | null = null
  let open = ''
  let openedAt = 0
  const row = (text: string, line: number) => {
    const fields = splitCsv(text)
    if (!header) {
      const at = (name: string) => columnIndex(fields, name, line, problem)
      const time = at(columns.time)
      const input = columns.inputTokens === null ? -1 : at(columns.inputTokens)
      const output = columns.outputTokens === null ? -1 : at(columns.outputTokens)
      header = { size: fields.length, time, input, output }
    } else if (fields.length !== header.size) {
      problem(line, `expected ${header.size} fields as in the header, got ${fields.length}`)
    } else {
      rows.add(fields[header.time], [fields[header.input], fields[header.output]], line)
    }
  }
  return {
    line: (text, line) => {
      const whole = open === '' ? text : `${open}\n${text}`
      if (open === '') openedAt = line
      open = ''
      const endless = line - openedAt > MAX_QUOTED_LINES || whole.length > MAX_QUOTED_CHARACTERS
      if (isOpen(whole) && !endless) open = whole
      else if (isOpen(whole)) problem(openedAt, 'expected a closing quote, got none')
      else if (whole.trim() !== '') row(whole, openedAt)
    },
    end: () => {
      if (open !== '') problem(openedAt, 'expected a closing quote, got the end of the file')
      else if (!header) problem(1, 'expected a header with column names, got an empty file')
    },
    times: () => rows.times(),
    lengths: () => rows.input(),
    outputs: () => rows.output(),
  }
}

export function jsonlReader(columns: TraceColumns, problem: RowProblem): RowReader {
  const rows = new Rows(columns, problem)
  return {
    line: (text, line) => {
      const trimmed = text.replace(/^\ufeff/, '').trim()
      if (trimmed === '') return
      let value: unknown
      try {
        value = JSON.parse(trimmed)
      } catch {
        return problem(line, `expected a JSON object, got ${got(trimmed)}`)
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return problem(line, `expected a JSON object, got ${got(value)}`)
      }
      const object = value as Record<string, unknown>
      for (const key of [columns.time, columns.inputTokens, columns.outputTokens]) {
        if (key === null || Object.hasOwn(object, key)) continue
        const hint = didYouMean(key, Object.keys(object))
        return problem(line, `expected the key ${JSON.stringify(key)}, got none${hint}`)
      }
      const tokens = [columns.inputTokens, columns.outputTokens].map((key) => object[key ?? ''])
      rows.add(object[columns.time], tokens, line)
    },
    end: () => {},
    times: () => rows.times(),
    lengths: () => rows.input(),
    outputs: () => rows.output(),
  }
}

class Rows {
  readonly #columns: TraceColumns
  readonly #problem: RowProblem
  readonly #reader
  #ticks = new Float64Array(1024)
  readonly #tokens: readonly TokenColumn[]
  #size = 0

  constructor(columns: TraceColumns, problem: RowProblem) {
    this.#columns = columns
    this.#problem = problem
    this.#reader = timeReader(columns.unit)
    this.#tokens = [columns.inputTokens, columns.outputTokens].map((name) => new TokenColumn(name))
  }

  /** `tokens`: of the input and of the output. */
  add(time: unknown, tokens: readonly unknown[], line: number): void {
    const ticks = this.#reader.read(time)
    const { time: name, unit } = this.#columns
    if (!Number.isFinite(ticks)) {
      this.#problem(line, `${name}: expected ${TIME_TEXT[unit]}, got ${got(time)}`)
      return
    }
    const wrong = this.#tokens.flatMap((column, i) => column.problem(tokens[i]) ?? [])[0]
    if (wrong !== undefined) {
      this.#problem(line, wrong)
      return
    }
    if (this.#size === this.#ticks.length) this.#ticks = grown(this.#ticks)
    this.#ticks[this.#size] = ticks
    this.#tokens.forEach((column, i) => {
      column.set(this.#size, tokens[i])
    })
    this.#size++
  }

  times(): Float64Array {
    const ticks = this.#ticks.subarray(0, this.#size)
    // The subtraction comes first: it is exact, the division is then rounded once.
    let first = Number.POSITIVE_INFINITY
    for (const tick of ticks) first = Math.min(first, tick)
    return ticks.map((tick) => this.#reader.ms(tick - first))
  }

  input(): Float64Array | null {
    return this.#tokens[0]!.until(this.#size)
  }

  output(): Float64Array | null {
    return this.#tokens[1]!.until(this.#size)
  }
}

/** Lengths of one column, which may not be there. */
class TokenColumn {
  readonly #name: string | null
  #values: Float64Array<ArrayBuffer>

  constructor(name: string | null) {
    this.#name = name
    this.#values = new Float64Array(name === null ? 0 : 1024)
  }

  problem(value: unknown): string | null {
    if (this.#name === null) return null
    const length = lengthOf(value)
    if (length >= 0 && length <= MAX_LENGTH) return null
    return `${this.#name}: expected a length from 0 to ${MAX_LENGTH}, got ${got(value)}`
  }

  set(row: number, value: unknown): void {
    if (this.#name === null) return
    if (row === this.#values.length) this.#values = grown(this.#values)
    this.#values[row] = lengthOf(value)
  }

  until(rows: number): Float64Array | null {
    return this.#name === null ? null : this.#values.subarray(0, rows)
  }
}

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2)
  larger.set(array)
  return larger
}

function lengthOf(value: unknown): number {
  if (typeof value === 'number') return value
  const text = typeof value === 'string' ? value.trim() : ''
  return /^\+?\d+(\.\d*)?(e\+?\d+)?$/i.test(text) ? Number(text) : Number.NaN
}

function columnIndex(
  header: readonly string[],
  name: string,
  line: number,
  problem: RowProblem,
): number {
  const names = header.map((field) => field.trim())
  const at = names.indexOf(name)
  if (at < 0) {
    const list = got(names.join(', '))
    const hint = didYouMean(name, names)
    problem(line, `expected the column ${JSON.stringify(name)}, got ${list}${hint}`, true)
  } else if (names.lastIndexOf(name) !== at) {
    problem(line, `expected the column ${JSON.stringify(name)} once, got it twice`, true)
  }
  return at
}

function isOpen(text: string): boolean {
  let quotes = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++
  return quotes % 2 === 1
}

/** Splits a record at its commas; a field in quotes may hold commas and doubled quotes. */
export function splitCsv(record: string): string[] {
  if (!record.includes('"')) return record.split(',')
  const fields: string[] = []
  let field = ''
  let quoted = false
  for (let i = 0; i < record.length; i++) {
    const c = record[i]!
    if (c === '"' && quoted && record[i + 1] === '"') {
      field += '"'
      i++
    } else if (c === '"') quoted = !quoted
    else if (c === ',' && !quoted) {
      fields.push(field)
      field = ''
    } else field += c
  }
  fields.push(field)
  return fields
}

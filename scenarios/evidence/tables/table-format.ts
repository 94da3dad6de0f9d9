import { describeValue, shortened } from '../../parse/describe-value.ts'
import { didYouMean } from '../../parse/nearest.ts'
import { hasOddQuotes, splitCsv } from '../../trace/trace-rows.ts'
import { numberOf, type TimeReader, timeReader, timeText } from '../../trace/trace-time.ts'
import { JsonNode } from '../load-generators/json-node.ts'
import { sentRequest } from '../load-generators/sent-request.ts'
import { type LineFormat, RecordProblem, type RequestRecord } from '../request-record.ts'
import type { DurationUnit, Table } from './table-columns.ts'
import type { TABLE_COLUMNS } from './table-names.ts'

type Key = (typeof TABLE_COLUMNS)[number]
/** The value of a column in a row; undefined where it has none. */
type Row = (key: Key) => unknown

/** Requests of a CSV or JSON Lines file with a row for each. */
export function tableFormat(table: Table): LineFormat {
  const name = table.isJson ? 'jsonl' : 'csv'
  return {
    ...{ kind: 'lines', name, title: name, latencyFrom: 'sent' },
    timeStepMs: table.timeStepMs,
    looksLike: () => false,
    reader() {
      const rowOf = table.isJson ? jsonRows(table) : csvRows(table)
      const time = timeReader(table.timeUnit)
      return (line) => {
        const row = line.trim() === '' ? null : rowOf(line)
        return row === null ? null : recordOf(row, table, time)
      }
    },
  }
}

function recordOf(row: Row, table: Table, time: TimeReader): RequestRecord {
  const { columns } = table
  const latencyMs = durationIn(row, 'latency', table)
  const endMs = columns.end === undefined ? Number.NaN : timeIn(row, 'end', table, time)
  const sentMs = columns.time === undefined ? endMs - latencyMs : timeIn(row, 'time', table, time)
  if (Number.isNaN(sentMs)) {
    throw new RecordProblem(`${columns.latency}: expected a duration, got an empty value`)
  }
  const ok = isOk(row('status'))
  return sentRequest(new JsonNode(undefined), {
    ...{ sentMs, ok },
    endMs: columns.end === undefined ? sentMs + latencyMs : endMs,
    firstTokenMs: sentMs + durationIn(row, 'first_token', table),
    inputTokens: tokensIn(row, 'input_tokens', table),
    outputTokens: tokensIn(row, 'output_tokens', table),
    kind: isEmpty(row('kind')) ? null : shortened(String(row('kind'))),
  })
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || value === '' || value === '-'

/** An HTTP status, or a word such as true. */
const isOk = (status: unknown) =>
  status === undefined ||
  /^\s*([23]\d\d|true|ok|success|succeeded|completed)\s*$/i.test(String(status))

function timeIn(row: Row, key: 'time' | 'end', table: Table, time: TimeReader): number {
  const ticks = time.read(row(key))
  if (!Number.isFinite(ticks)) throw refused(row, key, table, timeText(table.timeUnit))
  // a sum of ns since 1970 would be rounded
  return (time.since1970(0) ?? 0) + time.ms(ticks)
}

const MS: Readonly<Record<DurationUnit, number>> = { s: 1e3, ms: 1, us: 1e-3, ns: 1e-6 }

/** NaN for none. */
function durationIn(row: Row, key: 'latency' | 'first_token', table: Table): number {
  const value = row(key)
  const unit = key === 'latency' ? table.latencyUnit : table.firstTokenUnit
  if (unit === null || isEmpty(value)) return Number.NaN
  const duration = numberOf(String(value).trim())
  if (duration >= 0) return duration * MS[unit]
  throw refused(row, key, table, `a duration in ${unit}, 0 or more`)
}

function tokensIn(row: Row, key: 'input_tokens' | 'output_tokens', table: Table): number {
  const value = row(key)
  if (isEmpty(value)) return Number.NaN
  const tokens = numberOf(String(value).trim())
  if (Number.isInteger(tokens) && tokens >= 0) return tokens
  throw refused(row, key, table, 'a whole number of tokens')
}

const refused = (row: Row, key: Key, { columns }: Table, expected: string) =>
  new RecordProblem(`${columns[key]}: expected ${expected}, got ${describeValue(row(key))}`)

/** The row of a line of CSV; null for the header. */
function csvRows({ columns }: Table): (line: string) => Row | null {
  let header: readonly string[] | null = null
  return (line) => {
    if (hasOddQuotes(line))
      throw new RecordProblem('expected a closing quote on the line, got none')
    const fields = splitCsv(line)
    if (header === null) {
      header = fields.map((field) => field.trim())
      for (const name of Object.values(columns)) expectOnce(name, header)
      return null
    }
    if (fields.length !== header.length) {
      const text = `expected ${header.length} fields as in the header, got ${fields.length}`
      throw new RecordProblem(text)
    }
    const names = header
    return (key) => {
      const name = columns[key]
      return name === undefined ? undefined : fields[names.indexOf(name)]?.trim()
    }
  }
}

function expectOnce(name: string, header: readonly string[]): void {
  const column = `the column ${JSON.stringify(name)}`
  if (!header.includes(name)) {
    const got = `${describeValue(header.join(', '))}${didYouMean(name, header)}`
    throw new RecordProblem(`expected ${column}, got ${got}`)
  }
  if (header.indexOf(name) !== header.lastIndexOf(name)) {
    throw new RecordProblem(`expected ${column} once, got it twice`)
  }
}

function jsonRows({ columns }: Table): (line: string) => Row {
  return (line) => {
    const object = objectIn(line)
    return (key) => {
      const name = columns[key]
      return name !== undefined && Object.hasOwn(object, name) ? object[name] : undefined
    }
  }
}

function objectIn(line: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new RecordProblem(`expected a JSON object, got ${describeValue(line.trim())}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new RecordProblem(`expected a JSON object, got ${describeValue(value)}`)
}

import { describeValue, shortened } from '../../parse/describe-value.ts'
import { timeReader } from '../../trace/trace-time.ts'
import { type LineFormat, RecordProblem, type RequestRecord } from '../request-record.ts'
import type { Fields } from './line-pattern.ts'

/** A form of access log; its fields have the names that its server gives them. */
export interface AccessLog {
  readonly name: string
  readonly title: string
  readonly timeStepMs: number
  /** its lines, for messages: "a line of option httplog" */
  readonly expected: string
  /** Null for a line of another form. */
  readonly fields: (line: string) => Fields | null
  /** Null for a line that is no request, such as one of a TCP connection. */
  readonly record: (fields: Fields) => RequestRecord | null
  /** Whether such a file may have a line of another form that is no request. */
  readonly isOther?: (line: string) => boolean
}

/** The format of an access log. */
export function accessLogFormat(
  log: AccessLog,
  looksLike: (beginning: string) => boolean,
): LineFormat {
  const { name, title, timeStepMs } = log
  return {
    kind: 'lines',
    name,
    title,
    latencyFrom: 'received',
    timeStepMs,
    looksLike,
    reader: () => (line) => {
      if (line.trim() === '') return null
      const fields = log.fields(line)
      if (fields !== null) return log.record(fields)
      if (log.isOther?.(line)) return null
      throw new RecordProblem(`expected ${log.expected}, got ${describeValue(line)}`)
    },
  }
}

/** The fields of a JSON object on one line that has some names at least; others are null. */
export const jsonFields =
  (names: readonly string[]) =>
  (line: string): Fields | null => {
    if (!line.startsWith('{')) return null
    try {
      const fields = new Map(
        Object.entries(JSON.parse(line) as object).map(([name, value]) => [name, textOf(value)]),
      )
      return names.every((name) => fields.has(name)) ? fields : null
    } catch {
      return null
    }
  }

const textOf = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

/** Whether a field has no value: servers write - for none. */
export const isEmpty = (text: string | undefined) =>
  text === undefined || text === '' || text === '-'

/** A number that is not negative; NaN for none, for which some servers write -1. */
export function figureIn(fields: Fields, name: string): number {
  const text = fields.get(name)
  if (isEmpty(text)) return Number.NaN
  const number = /^-?\d{1,15}(\.\d{1,9})?$/.test(text!) ? Number(text) : Number.NaN
  if (number >= 0) return number
  if (number === -1) return Number.NaN
  throw new RecordProblem(`${name}: expected a number, 0 or more, got ${describeValue(text)}`)
}

/** in the files of all servers, whatever their language */
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** The sum of figures; NaN where one is missing. */
export const sumIn = (fields: Fields, names: readonly string[]) =>
  names.reduce((sum, name) => sum + figureIn(fields, name), 0)

/** A date and a time in ms since 1970: `03/Dec/2025:06:03:00 +0000`, or as ISO 8601 has it. */
export function timeIn(fields: Fields, name: string): number {
  const text = fields.get(name) ?? ''
  const iso = text[2] === '/' ? isoOf(text) : text
  // clocks that show leap seconds have 23:59:60, the second after 23:59:59
  const isLeap = iso.slice(17, 19) === '60'
  const time = timeReader('iso')
  const ticks = time.read(isLeap ? `${iso.slice(0, 17)}59${iso.slice(19)}` : iso)
  // a sum of ns since 1970 would be rounded
  const second = time.since1970(0)
  if (second !== null) return second + (isLeap ? 1000 : 0) + time.ms(ticks)
  const got = describeValue(text)
  throw new RecordProblem(`${name}: expected a date and a time from 1996 to 2065, got ${got}`)
}

function isoOf(text: string): string {
  const month = MONTHS.indexOf(text.slice(3, 6)) + 1
  const date = `${text.slice(7, 11)}-${String(month).padStart(2, '0')}-${text.slice(0, 2)}`
  return `${date}T${text.slice(12)}`
}

interface Logged {
  readonly sentMs: number
  readonly endMs: number
  readonly firstTokenMs?: number
  readonly queueMs?: number
  /** the status of its answer */
  readonly status: string | undefined
  /** whether its answer was sent whole, where the log has that */
  readonly isWhole?: boolean
  /** what was requested: a path, with or without its host and query */
  readonly target: string
}

export function loggedRequest(logged: Logged): RequestRecord {
  const { sentMs, endMs, firstTokenMs, queueMs, status, isWhole, target } = logged
  return {
    scheduledMs: Number.NaN,
    sentMs,
    firstTokenMs: firstTokenMs ?? Number.NaN,
    endMs,
    queueMs: queueMs ?? Number.NaN,
    inputTokens: Number.NaN,
    outputTokens: Number.NaN,
    ok: /^[23]\d\d$/.test(status ?? '') && (isWhole ?? true),
    kind: pathKind(target),
  }
}

/** What a request line asks for: the second of its words. */
export const targetOf = (requestLine: string) => requestLine.split(/[ "]/, 2)[1] ?? ''

/**
 * The first two segments of a path, without its query: "/v1/chat" of "/v1/chat/completions?x=1". So
 * there are few kinds, as deeper segments often name one object. Null for what is no path.
 */
export function pathKind(target: string): string | null {
  const [resource = ''] = target.split('?', 1)
  const authority = resource.startsWith('/') ? -1 : resource.indexOf('://')
  const from = authority < 0 ? 0 : resource.indexOf('/', authority + 3)
  if (resource[from] !== '/') return null
  const segments = resource.slice(from).split('/')
  return shortened(
    `/${segments
      .filter((segment) => segment !== '')
      .slice(0, 2)
      .join('/')}`,
  )
}

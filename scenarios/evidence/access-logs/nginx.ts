import { EXIT, Failure } from '../../failure.ts'
import { describeValue } from '../../parse/describe-value.ts'
import { EPOCH_MS } from '../../trace/trace-time.ts'
import { type LineFormat, RecordProblem, type RequestRecord } from '../request-record.ts'
import {
  type AccessLog,
  accessLogFormat,
  figureIn,
  jsonFields,
  loggedRequest,
  targetOf,
  timeIn,
} from './access-log.ts'
import { anyPattern, type Fields, linePattern } from './line-pattern.ts'
import {
  clfTime,
  host,
  integer,
  isoTime,
  scansByName,
  secondsWithMs,
  upstreamList,
  upstreamTimes,
  word,
} from './value-scans.ts'

/**
 * nginx writes a line at the end of a request. Its arrival is that time − $request_time, both of
 * which the server takes from one clock in ms (src/http/modules/ngx_http_log_module.c of 1.26:
 * ngx_http_log_msec, ngx_http_log_request_time). $time_local and $time_iso8601 have whole
 * seconds, so an arrival is known to 1 s only. Values have no quotes of their own: with
 * escape=default they are \x22, with escape=json \". escape=none cannot be read safely.
 */

const SECOND_MS = 1000
/** "1764741780.123", in s */
const PRECISE = 'msec'
const COARSE = ['time_iso8601', 'time_local']
const TIMES = [PRECISE, ...COARSE]
/** the variables that a client must not be able to write */
const FIGURES = [...TIMES, 'request_time', 'status']

/** The variables with a form of their own; all others are text. */
const SCANS = scansByName(
  [secondsWithMs, `${PRECISE} request_time`],
  [isoTime, 'time_iso8601'],
  [clfTime, 'time_local'],
  [integer, 'status body_bytes_sent bytes_sent request_length connection connection_requests'],
  [integer, 'pid remote_port server_port'],
  [word, 'remote_addr realip_remote_addr server_addr hostname scheme server_protocol pipe'],
  [word, 'request_method request_id ssl_protocol ssl_cipher'],
  [host, 'host server_name'],
  [upstreamList, 'upstream_addr upstream_status upstream_response_length'],
  [upstreamTimes, 'upstream_connect_time upstream_header_time upstream_response_time'],
)

const nginxPattern = (format: string) => linePattern(format, SCANS)

/** The predefined format `combined`, of which Apache has the same; it has no duration. */
const COMBINED =
  '$client - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" ' +
  '"$http_user_agent"'
/** the format `main` of the packages of nginx.org */
const MAIN = `${COMBINED} "$http_x_forwarded_for"`
/** log-format-upstream of ingress-nginx (internal/ingress/controller/config/config.go) */
const INGRESS = `${COMBINED} $request_length $request_time [$rest`

const TIMED = [COMBINED, MAIN].flatMap((format) => [
  `${format} $request_time`,
  `${format} $request_time $upstream_response_time`,
  `${format} rt=$request_time`,
  `${format} rt=$request_time $rest`,
])

/** A format that holds what is read, as messages propose it. */
const PROPOSED = `'$msec $request_time $status "$request_uri"'`

/** "0.005, 0.010 : -" in s */
const totalOf = (list = '') =>
  list
    .split(/[,:]/)
    .map(Number)
    .filter(Number.isFinite)
    .reduce((sum, time) => sum + time, 0)

/** Clocks of ms and of the event loop may differ by this much, s. */
const CLOCKS_S = 0.01

/**
 * `$upstream_response_time $request_time` has the form of `$request_time $upstream_response_time`:
 * the parts of a request cannot take longer than all of it.
 */
function checkOrder(fields: Fields): void {
  const [whole, part] = [fields.get('request_time'), fields.get('upstream_response_time')]
  if (totalOf(part) <= Number(whole) + CLOCKS_S) return
  throw new RecordProblem(
    `expected $request_time and then $upstream_response_time, got ${whole} and then the longer ` +
      `${part}; pass the log_format with --log-format`,
  )
}

function nginxRecord(fields: Fields): RequestRecord {
  const endMs = endOf(fields)
  const requestUri = fields.get('request_uri') ?? fields.get('uri')
  return loggedRequest({
    sentMs: endMs - secondsIn(fields, 'request_time'),
    endMs,
    status: fields.get('status'),
    target: requestUri ?? targetOf(fields.get('request') ?? ''),
  })
}

function endOf(fields: Fields): number {
  if (!fields.has(PRECISE)) return timeIn(fields, COARSE.find((name) => fields.has(name))!)
  const ms = secondsIn(fields, PRECISE)
  if (ms >= EPOCH_MS.from && ms < EPOCH_MS.to) return ms
  const got = describeValue(fields.get(PRECISE))
  throw new RecordProblem(`${PRECISE}: expected a time in s since 1970, got ${got}`)
}

/** A figure in s as ms. */
function secondsIn(fields: Fields, name: string): number {
  const ms = Math.round(figureIn(fields, name) * SECOND_MS)
  if (!Number.isNaN(ms)) return ms
  throw new RecordProblem(`${name}: expected a number, got ${describeValue(fields.get(name))}`)
}

const CUT = 'times are in whole seconds, so arrivals are known to 1 s'

const jsonLog = (name: string, time: string, timeStepMs: number): AccessLog => ({
  name,
  title: `nginx, JSON lines (escape=json) with $${time}${timeStepMs === 1 ? '' : `; ${CUT}`}`,
  timeStepMs,
  expected: `a JSON object with "${time}", "request_time" and "status"`,
  fields: jsonFields([time, 'request_time', 'status']),
  record: nginxRecord,
})

export const NGINX: readonly AccessLog[] = [
  {
    name: 'nginx',
    title: `nginx, combined with $request_time; ${CUT}`,
    timeStepMs: SECOND_MS,
    expected: 'the format combined with $request_time (pass another log_format with --log-format)',
    fields: anyPattern([...TIMED, INGRESS].map(nginxPattern)),
    record(fields) {
      checkOrder(fields)
      return nginxRecord(fields)
    },
  },
  {
    name: 'nginx-untimed',
    title: 'nginx or Apache, combined, which has no durations',
    timeStepMs: SECOND_MS,
    expected: 'the format combined',
    fields: nginxPattern(`${COMBINED}$rest`).match,
    record: () => {
      throw new RecordProblem(
        'expected a duration, got the format combined, which has none, or has it in a place that ' +
          `is not known; set log_format to ${PROPOSED}, or pass the one of this file, with ` +
          '--log-format',
      )
    },
  },
  jsonLog('nginx-json', PRECISE, 1),
  jsonLog('nginx-json-iso8601', 'time_iso8601', SECOND_MS),
  jsonLog('nginx-json-local', 'time_local', SECOND_MS),
]

/**
 * Reads the lines of a log_format of nginx, whose text is between its quotes. Throws `Failure`
 * where it lacks what is needed, or where clients could write the figures.
 */
export function nginxReader(format: string): LineFormat {
  const pattern = nginxPattern(unescaped(format))
  const problems = problemsOf(format, pattern)
  if (problems.length > 0) throw new Failure(problems, EXIT.usage)
  const fields = pattern.match
  const isPrecise = pattern.names.has(PRECISE)
  const log: AccessLog = {
    name: 'nginx-format',
    title: `nginx, log_format ${format}${isPrecise ? '' : '; arrivals are known to 1 s'}`,
    timeStepMs: isPrecise ? 1 : SECOND_MS,
    expected: `a line of log_format ${describeValue(format)}`,
    fields,
    record: nginxRecord,
  }
  return accessLogFormat(log, (beginning) => beginning.split(/\r?\n/).some((line) => fields(line)))
}

function problemsOf(format: string, { names, unsafe }: ReturnType<typeof linePattern>): string[] {
  const needed: readonly (readonly [string, boolean])[] = [
    ['$msec, $time_iso8601 or $time_local', TIMES.some((name) => names.has(name))],
    ['$request_time', names.has('request_time')],
    ['$status', names.has('status')],
  ]
  const missing = needed
    .filter(([, isThere]) => !isThere)
    .map(([name]) => `--log-format: expected ${name}, got ${describeValue(format)}`)
  const written = unsafe.flatMap(({ text, values }) => {
    const figures = values.filter((name) => FIGURES.includes(name))
    if (figures.length === 0) return []
    return `--log-format: expected quotes around $${text}, got none: a client could write ${figures.map((name) => `$${name}`).join(', ')} in it`
  })
  return [...missing, ...written]
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }

/** A text between quotes in nginx.conf, as nginx reads it. */
const unescaped = (text: string) =>
  text.replace(/\\(["'\\tnr])/g, (_, character: string) => ESCAPES[character] ?? character)

import type { RequestRecord } from '../request-record.ts'
import {
  type AccessLog,
  figureIn,
  isEmpty,
  jsonFields,
  loggedRequest,
  timeIn,
} from './access-log.ts'
import { anyPattern, type Fields, linePattern } from './line-pattern.ts'
import { integer, isoTime, scansByName, unspaced, word } from './value-scans.ts'

/**
 * Envoy stamps the start of a request; DURATION is from there to the last byte out, in ms
 * (docs/root/configuration/observability/access_log/usage.rst of Envoy 1.26, with the default
 * format). The time of the first byte is RESPONSE_DURATION, which no default format has.
 *
 * Envoy escapes no quotes in text. Paths of clients have no spaces, and all other text of clients
 * is behind the figures; only a client that Envoy lets set x-envoy-original-path can write them.
 * JSON lines have no such gap.
 */

/** Envoy's default, and Istio's (EnvoyTextLogFormat in pilot/pkg/model/telemetry_logging.go). */
const REQUEST = '[$start_time] "$method $path $protocol" $response_code $response_flags '
const OUTCOME = '$bytes_received $bytes_sent $duration $upstream_service_time "$rest'
const FORMATS = [
  `${REQUEST}${OUTCOME}`,
  `${REQUEST}$response_code_details $connection_termination_details "$failure_reason" ${OUTCOME}`,
]

const SCANS = scansByName(
  [isoTime, 'start_time'],
  [unspaced, 'path'],
  [integer, 'response_code bytes_received bytes_sent'],
  [word, 'method protocol response_flags response_code_details duration upstream_service_time'],
)

/** Names of the path in JSON lines: of Istio, and of Envoy Gateway. */
const PATHS = ['path', 'x-envoy-origin-path']

/**
 * Every flag but DI, a delay that was injected, is one of a request that was refused or whose
 * answer was cut, whatever its status.
 */
const WHOLE = ['DI']

function envoyRecord(fields: Fields): RequestRecord | null {
  const isConnection = ['method', 'path', 'protocol'].every(
    (name) => fields.has(name) && isEmpty(fields.get(name)),
  )
  if (isConnection) return null
  const sentMs = timeIn(fields, 'start_time')
  const flags = fields.get('response_flags')
  return loggedRequest({
    sentMs,
    endMs: sentMs + figureIn(fields, 'duration'),
    status: fields.get('response_code'),
    isWhole: isEmpty(flags) || WHOLE.includes(flags!),
    target: fields.get(PATHS.find((name) => fields.has(name)) ?? '') ?? '',
  })
}

export const ENVOY: readonly AccessLog[] = [
  {
    name: 'envoy',
    title: 'Envoy or Istio, default text format',
    timeStepMs: 1,
    expected: "Envoy's default format",
    fields: anyPattern(FORMATS.map((format) => linePattern(format, SCANS))),
    record: envoyRecord,
  },
  {
    name: 'envoy-json',
    title: 'Envoy or Istio, JSON lines',
    timeStepMs: 1,
    expected: 'a JSON object with "start_time", "duration" and "response_code"',
    fields: jsonFields(['start_time', 'duration', 'response_code']),
    record: envoyRecord,
  },
]

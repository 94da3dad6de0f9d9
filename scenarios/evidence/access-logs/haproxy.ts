import type { RequestRecord } from '../request-record.ts'
import { type AccessLog, figureIn, loggedRequest, sumIn, targetOf, timeIn } from './access-log.ts'
import { anyPattern, type Fields, linePattern } from './line-pattern.ts'
import { clfTime, counts, integer, type Scan, scansByName, word } from './value-scans.ts'

/**
 * `option httplog` of haproxy 1.7 and later (default_http_log_format in src/log.c of 3.0), with or
 * without the prefix of syslog. It stamps the first byte of a request, %tr, in local time without a
 * zone: so the origin is 1970 in that zone, and a change of the clock shifts the times. From there
 * run, in ms, one after the other: TR until its header is complete, Tw in the queues, Tc until a
 * server has accepted, Tr until the header of the answer (doc/configuration.txt, 8.4). Ta is all of
 * it, until the last byte. −1 stands for a phase that was not reached. With `option logasap` lines
 * are written at the header of the answer: Ta has a +, and the end is unknown.
 *
 * Quotes in requests and captured headers are #22. Captured cookies are not escaped; all figures
 * stand before them.
 */
const HEAD = '$client [$accept] $frontend $server '
const HTTP =
  `${HEAD}$TR/$Tw/$Tc/$Tr/$Ta $status $bytes_read $cookies $state $connections $queues ` +
  '$captures"$request'
/** `option tcplog`, and a connection that failed before its first request (8.2.5) */
const OTHERS = [`${HEAD}$Tw/$Tc/$Tt $bytes_read $rest`, '$client [$accept] $frontend: $rest']

const PHASES = ['TR', 'Tw', 'Tc', 'Tr']

/** Names of proxies and listeners may have colons; the one that ends a name is before a space. */
const frontend: Scan = (line, at) => {
  const end = word(line, at)
  return line.charCodeAt(end - 1) === 58 ? end - 1 : end
}

const SCANS = scansByName(
  [clfTime, 'accept'],
  [word, 'client server state'],
  [integer, 'TR Tw Tc Tr Ta Tt status bytes_read'],
  [counts, 'connections queues'],
  [frontend, 'frontend'],
)

const patternsOf = (formats: readonly string[]) =>
  anyPattern(
    formats
      .flatMap((format) => [format, `$prefix ${format}`])
      .map((format) => linePattern(format, SCANS)),
  )

const others = patternsOf(OTHERS)
const accepted = patternsOf(['$client [$accept] $rest'])

function haproxyRecord(fields: Fields): RequestRecord {
  const sentMs = timeIn(fields, 'accept')
  const isEnded = !fields.get('Ta')!.startsWith('+')
  return loggedRequest({
    sentMs,
    firstTokenMs: sentMs + sumIn(fields, PHASES),
    endMs: isEnded ? sentMs + figureIn(fields, 'Ta') : Number.NaN,
    queueMs: figureIn(fields, 'Tw'),
    status: fields.get('status'),
    // its first character is the cause of the end: - for none, L for an answer of haproxy itself
    isWhole: '-L'.includes(fields.get('state')!.charAt(0)),
    target: targetOf(fields.get('request')!),
  })
}

export const HAPROXY: AccessLog = {
  name: 'haproxy',
  title: 'haproxy 1.7 or later, option httplog',
  timeStepMs: 1,
  expected: 'a line of option httplog',
  fields: patternsOf([HTTP]),
  record: haproxyRecord,
  isOther: (line) => others(line) !== null || accepted(line) === null,
}

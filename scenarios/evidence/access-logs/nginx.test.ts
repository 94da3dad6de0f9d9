import { describe, expect, test } from 'vitest'
import { Failure } from '../../failure.ts'
import { formatNamed, looking, problemOf, recordOf } from './access-logs.test-helper.ts'
import { nginxReader } from './index.ts'

const COMBINED =
  '127.0.0.1 - - [03/Dec/2025:06:03:07 +0000] "POST /v1/chat/completions?stream=1 HTTP/1.1" 200 612 ' +
  '"-" "curl/8.5.0"'
const AT = Date.UTC(2025, 11, 3, 6, 3, 7)

describe('the format combined with $request_time', () => {
  test.each([
    ' 0.250',
    ' 0.250 0.248',
    ' 0.250 -',
    ' 0.250 0.100, 0.148',
    ' 0.250 0.100 : 0.148',
    ' rt=0.250',
    ' rt=0.250 uct="0.000" uht="0.249" urt="0.249"',
    ' rt=0.250 uct=0.000 uht=0.249 urt=0.249',
    ' "-" 0.250',
    ' "10.0.0.1, 10.0.0.2" 0.250 0.248',
    ' "-" rt=0.250 uct="-" uht="-" urt="-"',
    ' 148 0.250 [default-model-80] [] 10.4.0.5:8080 612 0.248 200 b3f1',
  ])('an arrival is the time of its line − $request_time: …%s', (tail) => {
    const line = `${COMBINED}${tail}`
    expect(looking(line)).toEqual(['nginx'])
    expect(recordOf(formatNamed('nginx'), line)).toEqual({
      scheduledMs: Number.NaN,
      sentMs: AT - 250,
      firstTokenMs: Number.NaN,
      endMs: AT,
      queueMs: Number.NaN,
      inputTokens: Number.NaN,
      outputTokens: Number.NaN,
      ok: true,
      kind: '/v1/chat',
    })
  })

  test('its times are in whole seconds', () => {
    expect(formatNamed('nginx').timeStepMs).toBe(1000)
    expect(formatNamed('nginx').title).toMatch(/known to 1 s/)
  })

  test.each([
    ['01/Jan/2026:00:00:00 +0100', '2025-12-31T23:00:00Z'],
    ['28/Feb/2024:23:59:59 -0930', '2024-02-29T09:29:59Z'],
    ['29/Feb/2024:12:00:00 +0000', '2024-02-29T12:00:00Z'],
    ['31/Dec/2016:23:59:60 +0000', '2017-01-01T00:00:00Z'],
  ])('%s is %s', (text, iso) => {
    const line = `${COMBINED.replace('03/Dec/2025:06:03:07 +0000', text)} 0.001`
    expect(recordOf(formatNamed('nginx'), line).endMs).toBe(Date.parse(iso))
  })

  test.each([
    '30/Feb/2025:06:03:07 +0000',
    '03/Déc/2025:06:03:07 +0000',
    '03/Dez/2025:06:03:07 +0000',
  ])('%s is no time', (text) => {
    const line = `${COMBINED.replace('03/Dec/2025:06:03:07 +0000', text)} 0.001`
    expect(problemOf(formatNamed('nginx'), line)).toMatch(/^(time_local: )?expected /)
  })

  test.each([
    ['"GET / HTTP/1.1" 304', true, '/'],
    ['"GET //a/../b?c HTTP/1.1" 404', false, '/a/..'],
    ['"GET /a b HTTP/1.1" 200', true, '/a'],
    ['"GET http://example.com/v2/models/m/infer HTTP/1.1" 200', true, '/v2/models'],
    ['"CONNECT example.com:443 HTTP/1.1" 400', false, null],
    ['"\\x16\\x03\\x01\\x22" 400', false, null],
    ['"" 000', false, null],
    ['"GET /x HTTP/1.1" 499', false, '/x'],
  ])('%s is answered: %s, of the kind %s', (request, ok, kind) => {
    const line = `::1 - - [03/Dec/2025:06:03:07 +0000] ${request} 0 "-" "-" 0.001`
    expect(recordOf(formatNamed('nginx'), line)).toMatchObject({ ok, kind })
  })

  test('a long path has a short kind', () => {
    const line = COMBINED.replace('/v1/chat', `/${'a'.repeat(60_000)}`)
    expect(recordOf(formatNamed('nginx'), `${line} 0.001`).kind).toMatch(/^\/a{56}…$/)
  })

  test('a user named as a time changes nothing', () => {
    const line = `${COMBINED} 0.250`.replace('- [', 'a [10/Oct/2000:13:55:36 +0000] [')
    expect(recordOf(formatNamed('nginx'), line)).toMatchObject({ sentMs: AT - 250, endMs: AT })
  })

  test('durations in the other order are refused', () => {
    expect(problemOf(formatNamed('nginx'), `${COMBINED} 0.248 0.300`)).toMatch(
      /expected \$request_time and then \$upstream_response_time, got 0.248 and then .* 0.300/,
    )
  })

  test('a line that is cut is refused, and an empty one has no record', () => {
    expect(problemOf(formatNamed('nginx'), COMBINED.slice(0, 60))).toMatch(/^expected the format/)
    expect(formatNamed('nginx').reader()(' ')).toBe(null)
  })
})

describe('the format combined', () => {
  test.each(['', ' "-"', ' 1234', ' "-" 12', ' 0.250 more', ' 12/34'])(
    'has no duration that is known: …%s',
    (tail) => {
      const line = `${COMBINED}${tail}`
      expect(looking(line)).toEqual(['nginx-untimed'])
      expect(problemOf(formatNamed('nginx-untimed'), line)).toMatch(/log_format.*\$request_time/)
    },
  )
})

describe('JSON lines', () => {
  const REST = '"request_time":"0.250","status":"200","request_uri":"/v1/chat/\\u001b[31m?x"'

  test.each([
    ['nginx-json', '"msec":"1764741787.123"', AT + 123, 1],
    ['nginx-json', '"time_local":"-","msec":1764741787.123', AT + 123, 1],
    ['nginx-json-iso8601', '"time_iso8601":"2025-12-03T07:03:07+01:00"', AT, 1000],
    ['nginx-json-local', '"time_local":"03/Dec/2025:06:03:07 +0000"', AT, 1000],
  ])('%s: %s', (name, time, endMs, stepMs) => {
    const line = `{${time},${REST}}`
    expect(looking(`${line}\n${line}\n`)).toEqual([name])
    expect(formatNamed(name).timeStepMs).toBe(stepMs)
    const record = recordOf(formatNamed(name), line)
    expect(record).toMatchObject({ sentMs: endMs - 250, endMs, ok: true, kind: '/v1/chat' })
  })

  test.each([
    ['{"msec":"1764741787.123","request_time":"0.250"', /expected a JSON object with "msec"/],
    [
      '{"msec":"1764741787.123","request_time":"-","status":200}',
      /request_time: expected a number/,
    ],
    ['{"msec":"12.5","request_time":"0.1","status":200}', /msec: expected a time in s since 1970/],
    [
      '{"msec":"1764741787.123","request_time":-0.2,"status":200}',
      /request_time: expected .* 0 or/,
    ],
    ['{"msec":[1],"request_time":{},"status":null}', /msec: expected a number, got ""/],
    ['{"__proto__":{"msec":"1764741787.123","request_time":"1","status":1}}', /expected a JSON/],
    [`{${'"a":['.repeat(9)}`, /expected a JSON object/],
  ])('%s is refused', (line, problem) => {
    expect(problemOf(formatNamed('nginx-json'), line)).toMatch(problem)
  })
})

describe('a log_format', () => {
  test.each([
    ['$msec $request_time $status "$request_uri"', '1764741787.123 0.250 200 "/v1/chat/x?y"'],
    [
      '$msec|$request_time|$status|$uri'.replace(/\w+/g, '{$&}'),
      '1764741787.123|0.250|200|/v1/chat/x',
    ],
    [
      '$msec\\t$request_time\\t$status\\t$request',
      '1764741787.123\t0.250\t200\tGET /v1/chat/x HTTP/1.1',
    ],
    [
      '[$time_local] $http_unknown "$request" $status $upstream_response_time $msec $request_time',
      '[03/Dec/2025:06:03:07 +0000] a b] "GET /v1/chat/x HTTP/2.0" 200 0.1, - : 0.1 1764741787.123 0.250',
    ],
    [
      '{\\"t\\":\\"$msec\\",\\"agent\\":\\"$http_user_agent\\",\\"d\\":$request_time,\\"s\\":$status,\\"u\\":\\"$uri\\"}',
      '{"t":"1764741787.123","agent":"a\\"}b\\\\","d":0.250,"s":200,"u":"/v1/chat/x"}',
    ],
    ['$msec$request_time$status$host$request_uri', '1764741787.1230.250200example.com/v1/chat/x'],
  ])('%s reads its lines', (format, line) => {
    const reader = nginxReader(format)
    expect(reader.looksLike(`${line}\r\n`)).toBe(true)
    expect(reader.looksLike(COMBINED)).toBe(false)
    expect(reader.timeStepMs).toBe(1)
    const sentMs = AT + 123 - 250
    expect(recordOf(reader, line)).toMatchObject({ sentMs, ok: true, kind: '/v1/chat' })
  })

  test('without $msec its times are in whole seconds', () => {
    const reader = nginxReader('$time_iso8601 $request_time $status')
    expect(reader.timeStepMs).toBe(1000)
    const record = recordOf(reader, '2025-12-03T06:03:07+00:00 0.250 503')
    expect(record).toMatchObject({ sentMs: AT - 250, ok: false, kind: null })
  })

  test.each([
    ['$request_time $status', /expected \$msec, \$time_iso8601 or \$time_local, got/],
    ['$msec $status', /expected \$request_time, got/],
    ['$msec $request_time', /expected \$status, got/],
    [
      '$status [$http_x] $msec $request_time $http_y',
      /quotes around \$http_x.*write \$msec, \$req/,
    ],
    ['', /expected \$request_time/],
  ])('%s is refused', (format, problem) => {
    expect(() => nginxReader(format)).toThrow(Failure)
    expect(() => nginxReader(format)).toThrow(problem)
  })

  test('a line of another form is refused', () => {
    const reader = nginxReader('$msec $request_time $status')
    expect(problemOf(reader, '1764741787.123 0.25 200')).toMatch(/^expected a line of log_format "/)
  })
})

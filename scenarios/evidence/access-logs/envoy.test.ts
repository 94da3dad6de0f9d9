import { describe, expect, test } from 'vitest'
import { formatNamed, looking, problemOf, recordOf } from './access-logs.test-helper.ts'

const DEFAULT =
  '[2016-04-15T20:17:00.310Z] "POST /api/v1/locations?x HTTP/2" 204 - 154 0 226 100 "10.0.35.28" ' +
  '"nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"'
const ISTIO =
  '[2020-11-25T21:26:18.409Z] "GET /status/418 HTTP/1.1" 418 - via_upstream - "-" 0 135 3 1 "-" ' +
  '"curl/7.73.0-DEV" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" "127.0.0.1:80" ' +
  'inbound|8000|| 127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin default'
const JSON_LINE = JSON.stringify({
  start_time: '2024-06-18T09:37:14.078Z',
  method: 'POST',
  path: '/v1/chat/completions',
  protocol: 'HTTP/1.1',
  response_code: '200',
  response_flags: '-',
  duration: '1590',
  upstream_service_time: '496',
})

const envoy = formatNamed('envoy')
const json = formatNamed('envoy-json')

describe('the default format', () => {
  test('stamps the arrival, and has the duration in ms', () => {
    expect(looking(`${DEFAULT}\n`)).toEqual(['envoy'])
    const sentMs = Date.parse('2016-04-15T20:17:00.310Z')
    expect(recordOf(envoy, DEFAULT)).toEqual({
      scheduledMs: Number.NaN,
      sentMs,
      firstTokenMs: Number.NaN,
      endMs: sentMs + 226,
      queueMs: Number.NaN,
      inputTokens: Number.NaN,
      outputTokens: Number.NaN,
      ok: true,
      kind: '/api/v1',
    })
  })

  test("is Istio's, too", () => {
    expect(looking(`${ISTIO}\n`)).toEqual(['envoy'])
    const sentMs = Date.parse('2020-11-25T21:26:18.409Z')
    const record = recordOf(envoy, ISTIO)
    expect(record).toMatchObject({ sentMs, endMs: sentMs + 3, ok: false, kind: '/status/418' })
  })

  test.each([
    ['204 DC', false],
    ['200 UC,URX', false],
    ['200 DI', true],
    ['0 DC', false],
    ['503 UF,URX', false],
  ])('%s is a whole answer: %s', (text, ok) => {
    expect(recordOf(envoy, DEFAULT.replace('204 -', text)).ok).toBe(ok)
  })

  test('a request without a duration has no end', () => {
    const line = DEFAULT.replace('0 226 100', '0 - -')
    expect(recordOf(envoy, line).endMs).toBe(Number.NaN)
  })

  test('a quote in a path or a header changes no figure', () => {
    const line = DEFAULT.replace('/api/v1/', '/api/v"1" 200/').replaceAll(' 200/', '/')
    expect(recordOf(envoy, line)).toMatchObject({ ok: true, kind: '/api/v"1"' })
    const agent = DEFAULT.replace('nsq2http', 'a" "b" 200 - 1 1 1 1 "')
    expect(recordOf(envoy, agent)).toEqual(recordOf(envoy, DEFAULT))
  })

  test('a malformed request failed, and a connection is no request', () => {
    const request = '"POST /api/v1/locations?x HTTP/2" 204 -'
    const malformed = DEFAULT.replace(request, '"- - HTTP/1.1" 400 DPE')
    expect(recordOf(envoy, malformed)).toMatchObject({ ok: false, kind: null })
    const connection = DEFAULT.replace(request, '"- - -" 0 -')
    expect(envoy.reader()(connection)).toBe(null)
  })

  test.each([
    DEFAULT.slice(0, 70),
    DEFAULT.replace('226', '1.5e9'),
    DEFAULT.replace('2016-04-15T20', '2016-04-31T20'),
    '[2016-04-15T20:17:00.310Z] hello',
  ])('%s is refused', (line) => {
    expect(problemOf(envoy, line)).toMatch(/^(\w+: )?expected .*, got "/)
  })
})

describe('JSON lines', () => {
  test.each([
    JSON_LINE,
    JSON_LINE.replace('"1590"', '1590').replace('"200"', '200').replace('"-"', 'null'),
    JSON_LINE.replace('"path"', '"x-envoy-origin-path"').replace('"method":"POST",', ''),
  ])('%s', (line) => {
    expect(looking(`${line}\n`)).toEqual(['envoy-json'])
    const sentMs = Date.parse('2024-06-18T09:37:14.078Z')
    const record = recordOf(json, line)
    expect(record).toMatchObject({ sentMs, endMs: sentMs + 1590, ok: true, kind: '/v1/chat' })
  })

  test('a connection is no request', () => {
    const line = JSON_LINE.replace('"POST"', 'null')
      .replace('"/v1/chat/completions"', 'null')
      .replace('"HTTP/1.1"', '"-"')
    expect(json.reader()(line)).toBe(null)
  })

  test('a start in a form of the user is refused', () => {
    const line = JSON_LINE.replace('2024-06-18T09:37:14.078Z', '1718703434.078')
    expect(problemOf(json, line)).toBe(
      'start_time: expected a date and a time from 1996 to 2065, got "1718703434.078"',
    )
  })
})

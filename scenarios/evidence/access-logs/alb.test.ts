import { expect, test } from 'vitest'
import { formatNamed, looking, problemOf, recordOf } from './access-logs.test-helper.ts'

const ENTRY =
  'h2 2023-02-07T01:32:22.209968Z app/my-alb/c051f98624e68d7e 172.71.1.216:40684 172.71.0.215:80 ' +
  '0.001 0.005 0.000 200 200 66 49 "POST https://example.com:443/v1/chat/completions?bar=\\x22 ' +
  'HTTP/2.0" "curl/7.85.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ' +
  'arn:aws:elasticloadbalancing:us-east-1:122796619775:targetgroup/http/136c2d6db59941f6 ' +
  '"Root=1-63e1aa26-3bbc289b52c6671f5d00f7b4" "example.com" ' +
  '"arn:aws:acm:us-east-1:122796619775:certificate/81241b8e-c875-4a22-a30e-58003ee139ae" 0 ' +
  '2023-02-07T01:32:22.203000Z "waf,forward" "-" "-" "172.71.0.215:80" "200" "-" "-"'
const END = Date.parse('2023-02-07T01:32:22.209Z') + 0.968
const SENT = Date.parse('2023-02-07T01:32:22.203Z')

const alb = formatNamed('aws-alb')

test('an entry has its arrival and its end', () => {
  expect(looking(`${ENTRY}\n`)).toEqual(['aws-alb'])
  const { sentMs, firstTokenMs, endMs, ok, kind } = recordOf(alb, ENTRY)
  expect([sentMs, ok, kind]).toEqual([SENT, true, '/v1/chat'])
  expect(endMs).toBeCloseTo(END, 3)
  expect(firstTokenMs).toBeCloseTo(SENT + 6, 3)
})

test.each([
  ['0.001 0.005 0.000 200 200', '0.001 -1 -1 502 -', false],
  ['0.001 0.005 0.000 200 200', '-1 -1 -1 460 -', false],
  ['172.71.0.215:80 0.001 0.005 0.000 200', '- -1 -1 -1 301', true],
])('%s → %s has no first byte that is known', (from, to, ok) => {
  const record = recordOf(alb, ENTRY.replace(from, to))
  expect(record).toMatchObject({ sentMs: SENT, firstTokenMs: Number.NaN, ok })
})

test('a first byte is not after the end, whose time is not rounded', () => {
  const record = recordOf(alb, ENTRY.replace('22.209968Z', '22.208100Z'))
  expect(record.firstTokenMs).toBe(record.endMs)
  const early = recordOf(alb, ENTRY.replace('22.209968Z', '22.202900Z'))
  expect(early.endMs).toBe(SENT)
})

test('a request that cannot be parsed has no kind', () => {
  const from = ENTRY.indexOf('"POST')
  const to = ENTRY.indexOf('"curl')
  const line = `${ENTRY.slice(0, from)}"- http://example.com:80- -" ${ENTRY.slice(to)}`
  expect(recordOf(alb, line.replace('200 200', '400 -'))).toMatchObject({ ok: false, kind: null })
})

test.each([
  ENTRY.slice(0, ENTRY.indexOf(' 0 2023')),
  ENTRY.replace('22.209968Z', '21.000000Z'),
  ENTRY.replace('"curl/7.85.0"', '"curl" "x"'),
  ENTRY.replace('0.005', '0.00.5'),
])('%s is refused', (line) => {
  expect(problemOf(alb, line)).toMatch(/^(time: )?expected .*, got /)
})

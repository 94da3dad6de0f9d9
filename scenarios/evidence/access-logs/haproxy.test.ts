import { expect, test } from 'vitest'
import { formatNamed, looking, problemOf, recordOf } from './access-logs.test-helper.ts'

const RAW =
  '10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/1500/30/69/1619 200 2750 - - ' +
  '---- 1/1/1/1/0 3/0 {1wt.eu} {} "GET /index.html HTTP/1.1"'
const PREFIXES = [
  'Feb  6 12:14:14 localhost haproxy[14389]: ',
  '<134>Feb  6 12:14:14 haproxy[14389]: ',
  '2009-02-06T12:14:14.655+00:00 lb-1 haproxy[1]: ',
  '<134>1 2009-02-06T12:14:14.655Z lb-1 haproxy 14389 - - ',
]
const SENT = Date.UTC(2009, 1, 6, 12, 14, 14, 655)

const haproxy = formatNamed('haproxy')

test.each(['', ...PREFIXES])('stamps the first byte of a request: %s…', (prefix) => {
  expect(looking(`${prefix}Proxy http-in started.\n${prefix}${RAW}\n`)).toEqual(['haproxy'])
  expect(recordOf(haproxy, `${prefix}${RAW}`)).toEqual({
    scheduledMs: Number.NaN,
    sentMs: SENT,
    firstTokenMs: SENT + 10 + 1500 + 30 + 69,
    endMs: SENT + 1619,
    queueMs: 1500,
    inputTokens: Number.NaN,
    outputTokens: Number.NaN,
    ok: true,
    kind: '/index.html',
  })
})

test.each([
  ['10/1500/30/69/1619 200', '0/0/8/17506/+17514 200', SENT + 17514, Number.NaN, 0, true],
  ['10/1500/30/69/1619 200', '0/5000/-1/-1/5001 503', Number.NaN, SENT + 5001, 5000, false],
  ['10/1500/30/69/1619 200', '0/-1/-1/-1/2000 -1', Number.NaN, SENT + 2000, Number.NaN, false],
  ['---- 1/', 'CD-- 1/', SENT + 1609, SENT + 1619, 1500, false],
  ['---- 1/', 'LR-- 1/', SENT + 1609, SENT + 1619, 1500, true],
  ['---- 1/1/1/1/0', '--NI 9/9/9/9/+1', SENT + 1609, SENT + 1619, 1500, true],
])('%s → %s: phases that were not reached have no time', (from, to, first, end, queue, ok) => {
  const record = recordOf(haproxy, RAW.replace(from, to).replace(' 2750', ' +2750'))
  expect(record).toMatchObject({
    sentMs: SENT,
    firstTokenMs: first,
    endMs: end,
    queueMs: queue,
    ok,
  })
})

test('a bad request has no kind', () => {
  const line =
    '66.132.224.85:16860 [26/May/2026:14:43:17.333] main main/<NOSRV> -1/-1/-1/-1/0 400 0 - - ' +
    'PR-- 3/1/0/0/0 0/0 "<BADREQ>"'
  expect(recordOf(haproxy, line)).toMatchObject({ ok: false, kind: null, queueMs: Number.NaN })
})

test.each([
  RAW.replace('http-in', 'http-in~').replace('{1wt.eu} {} ', ''),
  `${RAW} 0/0000000000000000/0/0/0 -/TLSv1.3/TLS_AES_256_GCM_SHA384`,
  RAW.slice(0, -10),
  RAW.replace('- - ----', 'ID=a b ---- 1/1/1/1/x - ----'),
  RAW.replace('{1wt.eu}', '{a #22GET /x#22 200|b}'),
  RAW.replace('10.0.1.2:33317', '::ffff:10.0.1.2:33317'),
])('%s has the same figures', (line) => {
  const { kind, ...figures } = recordOf(haproxy, RAW)
  expect(recordOf(haproxy, line)).toMatchObject(figures)
  expect(kind).toBe('/index.html')
})

test.each([
  'Proxy http-in started.',
  '[NOTICE]   (1) : haproxy version is 3.0.11',
  'Server static/srv1 is DOWN, reason: Layer4 connection problem, check duration: 0ms.',
  '10.0.1.2:33317 [06/Feb/2009:12:14:14.655] https-in/1: SSL handshake failure',
  '10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0',
])('%s is no request', (line) => {
  expect(haproxy.reader()(line)).toBe(null)
  expect(haproxy.reader()(`${PREFIXES[0]}${line}`)).toBe(null)
  expect(looking(line)).toEqual([])
})

test.each([
  RAW.slice(0, 90),
  RAW.replace('06/Feb', '31/Feb'),
  RAW.replace('1500', '-7'),
  RAW.replace('1500', '1.5'),
])('%s is refused', (line) => {
  expect(problemOf(haproxy, line)).toMatch(/^(\w+: )?expected .*, got "/)
})

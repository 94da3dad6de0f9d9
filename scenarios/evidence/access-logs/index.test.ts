import { expect, test } from 'vitest'
import { looking } from './access-logs.test-helper.ts'
import { ACCESS_LOGS } from './index.ts'

const NGINX = '::1 - - [03/Dec/2025:06:03:07 +0000] "GET / HTTP/1.1" 200 1 "-" "-" 0.001'
const HAPROXY =
  '10.0.1.2:1 [03/Dec/2025:06:03:07.000] f b/s 1/2/3/4/20 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"'

test('names differ, and latency is from when a request was received', () => {
  const names = ACCESS_LOGS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names).toEqual(expect.arrayContaining(['nginx', 'envoy', 'haproxy', 'aws-alb']))
  expect(new Set(ACCESS_LOGS.map(({ latencyFrom }) => latencyFrom))).toEqual(new Set(['received']))
})

test('a file is of the format of its first line that has one', () => {
  expect(looking(`${HAPROXY}\n${NGINX}\n`)).toEqual(['haproxy'])
  expect(looking(`\r\nstarted\r\n${NGINX}\r\n${HAPROXY}\r\n`)).toEqual(['nginx'])
})

test('a cut line decides only where there is no other', () => {
  expect(looking(`started\n${NGINX.slice(0, -6)}`)).toEqual([])
  expect(looking(NGINX)).toEqual(['nginx'])
})

test.each(['', '\n', '{}', '[1]', '{"a":1}\n', 'time,latency\n1,2\n', `{"results": ["${NGINX}"`])(
  '%j is no access log',
  (text) => {
    expect(looking(text)).toEqual([])
  },
)

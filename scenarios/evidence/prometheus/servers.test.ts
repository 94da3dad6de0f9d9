import { expect, test } from 'vitest'
import { metricNames, SERVER_KINDS, serverMetrics } from './servers.ts'

const KINDS = SERVER_KINDS.filter((kind) => kind !== 'generic')

test.each(KINDS)('the metrics of %s have the prefix of the server, and occur once', (kind) => {
  const names = metricNames(serverMetrics(kind))
  const known = { vllm: 'vllm:', sglang: 'sglang:', tgi: 'tgi_', triton: 'nv_' }
  const prefix = { ...known, spillway: 'spillway_' }[kind]
  expect(names.length).toBeGreaterThan(8)
  expect(names.filter((name) => !name.startsWith(prefix))).toEqual([])
  expect(new Set(names).size).toBe(names.length)
})

test('only the buckets of lengths are read', () => {
  const buckets = metricNames(serverMetrics('vllm')).filter((name) => name.endsWith('_bucket'))
  expect(buckets).toEqual([
    'vllm:request_prompt_tokens_bucket',
    'vllm:request_generation_tokens_bucket',
  ])
})

test('a generic server has the metrics that are stated', () => {
  const names = new Map([
    ['arrived', 'http_requests_total'],
    ['latency_s', 'http_request_duration_seconds'],
    ['running', 'in_flight'],
  ])
  expect(metricNames(serverMetrics('generic', names))).toEqual([
    'http_requests_total',
    'http_request_duration_seconds_sum',
    'http_request_duration_seconds_count',
    'in_flight',
  ])
})

test('a stated metric replaces that of a known server', () => {
  const server = serverMetrics('vllm', new Map([['ended', 'proxy:request_success_total']]))
  expect(server.ended).toEqual(['proxy:request_success_total'])
  expect(server.gauges).toEqual(serverMetrics('vllm').gauges)
})

test.each<[readonly (readonly [string, string])[], string]>([
  [[], 'expected the name of a counter for arrived or ended, got none'],
  [[['latency', 'x']], 'got "latency"; did you mean latency_s?'],
  [[['__proto__', 'x']], 'got "__proto__"'],
  [[['ended', 'a{b="c"}']], 'ended: expected the name of a metric, got "a{b=\\"c\\"}"'],
])('other names are refused: %j', (names, problem) => {
  expect(() => serverMetrics('generic', new Map(names))).toThrow(problem)
})

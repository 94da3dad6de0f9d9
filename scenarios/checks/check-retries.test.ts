import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

/** The problems of a scenario with one pool, without file and position. */
function problemsOf(pool: string, traffic = '', rest = '') {
  return problemsIn(`spillway: 1
name: retried
duration_s: 10
models: { m: { work: { law: constant, ms: 5 } } }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 }${traffic} }
pools: [{ name: main, model: m, ${pool} }]
${rest}`)
}

const own = 'replicas: 3, queue: { mode: per-replica }'

test.each([
  `${own}, retry_policy: {}`,
  `${own}, retry_policy: { num_retries: 2, base_interval_ms: 0, avoid_previous_hosts: false }`,
  'replicas: 3, retry_policy: { retry_on: [failed, shed, timed_out] }',
  'circuit_breakers: {}',
  'circuit_breakers: { max_pending_requests: 10, max_requests: 20 }',
  `${own}, retry_policy: {}, circuit_breakers: { max_requests: 9, max_retries: 0 }`,
  `${own}, retry_policy: {}, circuit_breakers: { retry_budget: { policy: envoy } }`,
  `${own}, retry_policy: {}, circuit_breakers: { retry_budget: { policy: finagle, ttl_s: 5 } }`,
])('%s is fine', (pool) => {
  expect(problemsOf(pool)).toEqual([])
})

const HEDGE = ', hedge: { policy: hedged, after_ms: 20 }'

test.each([
  [`${own}, retry_policy: {}`, HEDGE, 'remove retry_policy: class web sends copies'],
  [
    'retry_policy: { avoid_previous_hosts: true }',
    '',
    'remove avoid_previous_hosts: the replicas share a queue',
  ],
  [
    'retry_policy: { base_interval_ms: 50, max_interval_ms: 20 }',
    '',
    'expected at least base_interval_ms 50, got 20',
  ],
  ['circuit_breakers: { max_retries: 5 }', '', 'remove max_retries: the pool has no retry_policy'],
  [
    'circuit_breakers: { retry_budget: { policy: envoy } }',
    '',
    'remove retry_budget: the pool has no retry_policy',
  ],
  [
    'retry_policy: {}, circuit_breakers: { max_retries: 5, retry_budget: { policy: envoy } }',
    '',
    'remove max_retries: retry_budget takes its place',
  ],
  [
    `${own}, circuit_breakers: { max_pending_requests: 5 }`,
    '',
    'remove max_pending_requests: each replica has a queue',
  ],
  [
    `${own}, circuit_breakers: { max_requests: 2 }`,
    ', fan_out: 3',
    'expected at least 3, the fan_out of a class',
  ],
  [
    'batching: { policy: fixed, batch: 8 }, circuit_breakers: { max_pending_requests: 7 }',
    '',
    'expected at least batch 8, or a batch never fills',
  ],
])('%s is rejected', (pool, traffic, text) => {
  expect(problemsOf(pool, traffic)).toEqual([expect.stringContaining(text)])
})

test('retry_policy is rejected over a link', () => {
  expect(problemsOf(`${own}, retry_policy: {}`, '', 'link: { delay_ms: 1 }\n')).toEqual([
    expect.stringContaining('remove retry_policy: no network is between the proxy and its pool'),
  ])
})

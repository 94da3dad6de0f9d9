import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

interface Parts {
  readonly admission: string
  readonly queue?: string
  readonly batching?: string
  /** keys of the second of two classes */
  readonly second?: string
}

/** The problems of a scenario with two classes and a pool, without file and position. */
function problemsOf({ admission, queue = '', batching = 'policy: none', second = '' }: Parts) {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  m: { work: { law: constant, ms: 1 } }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 } }
  - { class: batch, arrivals: { process: poisson, rate_rps: 40 }${second} }
pools:
  - name: central
    model: m
    queue: { ${queue} }
    batching: { ${batching} }
    admission: { ${admission} }
`)
}

const LIFO = 'adaptive_lifo: { interval_ms: 50, target_ms: 4 }'

describe('settings of admission', () => {
  test.each<Parts>([
    { admission: 'concurrency: { limit: 9 }, token_bucket: { rate_rps: 5, burst: 2 }' },
    {
      admission: 'priority: { limits: { 2: 5 } }, concurrency: { limit: 9 }',
      second: ', priority: 2',
    },
    { admission: 'deadline: { margin_ms: 5 }', second: ', deadline_ms: 50' },
    { admission: 'deadline: {}', second: ', timeout_ms: 50' },
    { admission: 'token_bucket: { rate_rps: 5, burst: 2, per: tenant }', second: ', tenant: a' },
    { admission: LIFO, batching: 'policy: dynamic, max_batch: 4, max_delay_ms: 3' },
    { admission: 'adaptive_lifo: {}', queue: 'timeout_ms: 60' },
  ])('$admission', (parts) => {
    expect(problemsOf(parts)).toEqual([])
  })
})

describe('settings that could never refuse a request, or that contradict each other', () => {
  const at = 'pools.central.admission'
  test.each<Parts & { readonly problem: string }>([
    {
      admission: 'priority: { limits: { 3: 5 } }',
      problem: `${at}.priority.limits.3: expected the priority of a class (1), got "3"`,
    },
    {
      admission: 'priority: { limits: {} }',
      problem: `${at}.priority.limits: expected the limit of a priority, got an empty map`,
    },
    {
      admission: 'priority: { limits: { 1: 4, 2: 5 } }',
      second: ', priority: 2',
      problem: `${at}.priority.limits.2: expected at most 4, the limit of priority 1: a higher priority is shed at a higher limit, got 5`,
    },
    {
      admission: 'priority: { limits: { 1: 9 } }, concurrency: { limit: 9 }',
      problem: `${at}.priority.limits.1: expected less than concurrency.limit 9, got 9`,
    },
    {
      admission: 'deadline: {}',
      problem: `${at}.deadline: remove deadline: no class has deadline_ms or a fixed timeout_ms`,
    },
    {
      admission: 'deadline: { margin_ms: 50 }',
      second: ', deadline_ms: 50',
      problem: `${at}.deadline.margin_ms: expected less than every deadline (50 ms), got 50`,
    },
    {
      admission: 'deadline: {}',
      queue: 'discipline: lifo',
      second: ', deadline_ms: 50',
      problem: `${at}.deadline: remove deadline: the prediction holds only where requests are served in order, and discipline lifo serves the newest first`,
    },
    {
      admission: `deadline: {}, ${LIFO}`,
      second: ', deadline_ms: 50',
      problem: `${at}.deadline: remove deadline: the prediction holds only where requests are served in order, and adaptive_lifo serves the newest first`,
    },
    {
      admission: 'concurrency: { limit: 9 }',
      queue: 'max_length: 9',
      problem:
        'pools.central.queue.max_length: expected less than concurrency.limit 9, which counts waiting requests too, got 9',
    },
    {
      admission: 'concurrency: { limit: 3 }',
      batching: 'policy: fixed, batch: 4',
      problem: `${at}.concurrency.limit: expected at least batch 4, or a batch never fills, got 3`,
    },
    {
      admission: LIFO,
      queue: 'discipline: lifo',
      problem: `${at}.adaptive_lifo: remove adaptive_lifo: it needs discipline fifo, and the queue has lifo`,
    },
    {
      admission: LIFO,
      queue: 'timeout_ms: 9, timeout_action: delay',
      problem: `${at}.adaptive_lifo: remove adaptive_lifo: it drops late requests, and timeout_action is delay`,
    },
    {
      admission: LIFO,
      batching: 'policy: fixed, batch: 4',
      problem: `${at}.adaptive_lifo: remove adaptive_lifo: it needs batching none or dynamic, and the pool has fixed`,
    },
    {
      admission: 'adaptive_lifo: { interval_ms: 5, target_ms: 6 }',
      problem: `${at}.adaptive_lifo.target_ms: expected at most interval_ms 5, got 6`,
    },
    {
      admission: LIFO,
      batching: 'policy: dynamic, max_batch: 4, max_delay_ms: 4',
      problem: `${at}.adaptive_lifo.target_ms: expected more than max_delay_ms 4, or requests time out in the batch window, got 4`,
    },
    {
      admission: LIFO,
      queue: 'timeout_ms: 50',
      problem:
        'pools.central.queue.timeout_ms: expected less than adaptive_lifo.interval_ms 50, which is a time-out too, got 50',
    },
    {
      admission: 'token_bucket: { rate_rps: 5, burst: 2 }',
      second: ', tenant: a',
      problem:
        'traffic.batch.tenant: remove tenant: no queue shares among tenants, and no token bucket is per tenant',
    },
  ])('$problem', ({ problem, ...parts }) => {
    expect(problemsOf(parts)).toEqual([problem])
  })
})

test('all parts of a request can be admitted at once', () => {
  const of = (admission: string) =>
    problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: constant, ms: 1 } } }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 4 }, fan_out: 3, priority: 2 }
  - { class: batch, arrivals: { process: poisson, rate_rps: 4 } }
pools:
  - name: central
    model: m
    replicas: 3
    queue: { mode: per-replica, discipline: priority }
    admission: { ${admission} }
`)
  const least = (path: string) =>
    `pools.central.admission.${path}: expected at least 3, the fan_out of a ` +
    'class, or each of its requests is shed, got 2'
  const bucket = 'token_bucket: { rate_rps: 5, burst'
  expect(of(`concurrency: { limit: 4 }, priority: { limits: { 2: 3 } }, ${bucket}: 3 }`)).toEqual(
    [],
  )
  expect(of('concurrency: { limit: 2 }')).toEqual([least('concurrency.limit')])
  expect(of(`${bucket}: 2 }`)).toEqual([least('token_bucket.burst')])
  expect(of('priority: { limits: { 2: 2 } }')).toEqual([least('priority.limits.2')])
})

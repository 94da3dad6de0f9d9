import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

/** The problems of a scenario with one class, without file and position. */
function problemsOf(keys: string, queue = '', replicas = 1): readonly string[] {
  const arrivals = keys.includes('arrivals:')
    ? ''
    : 'arrivals: { process: poisson, rate_rps: 40 }, '
  const text = `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: linear, base_ms: 1, per_token_ms: 0.1 } } }
traffic: [{ class: web, ${arrivals}${keys} }]
pools: [{ name: central, model: m, replicas: ${replicas}, queue: { ${queue} } }]
`
  return problemsIn(text)
}

const THINK = 'think_time_s: { distribution: exponential, mean: 2 }'
const TURNS = 'turns: { distribution: uniform, min: 1, max: 5 }'

test.each([
  ['timeout_ms: 50, cancel: true'],
  ['timeout_ms: { distribution: exponential, mean: 50 }, cancel: true'],
  ['timeout_ms: 50, retry: { max_attempts: 3, backoff_ms: 20, jitter: full }'],
  ['retry: { max_attempts: 3, budget: { ratio: 0.1 } }'],
  [`session: { ${TURNS}, ${THINK}, carry_context: true }`],
  [`arrivals: { process: closed-loop, users: 40, ${THINK} }`],
  ['max_in_flight: 440, timeout_ms: 50, cancel: true'],
])('%s is fine', (keys) => {
  expect(problemsOf(keys)).toEqual([])
})

test('fan_out: 3 is fine with three replicas that have separate queues', () => {
  expect(problemsOf('fan_out: 3', 'mode: per-replica', 3)).toEqual([])
  expect(problemsOf('fan_out: 3', 'mode: per-replica', 2)).toEqual([
    expect.stringContaining('fan_out: expected at most 2, the replicas of pool central, got 3'),
  ])
  expect(problemsOf('fan_out: 3', '', 3)).toEqual([
    expect.stringContaining(
      'fan_out: expected 1, or queue.mode per-replica in pool central, whose replicas share a queue, got 3',
    ),
  ])
})

test('parts of a request go to pools of the model that its class names', () => {
  const problemsOfOne = (model: string) =>
    problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: constant, ms: 1 } }, n: { work: { law: constant, ms: 1 } } }
traffic:
  - { class: web, model: ${model}, fan_out: 3, arrivals: { process: poisson, rate_rps: 40 } }
  - { class: a, model: m, arrivals: { process: poisson, rate_rps: 40 } }
  - { class: b, model: n, arrivals: { process: poisson, rate_rps: 40 } }
pools:
  - { name: central, model: m, replicas: 3, queue: { mode: per-replica } }
  - { name: other, model: n }
`)
  expect(problemsOfOne('m')).toEqual([])
  expect(problemsOfOne('n')).toEqual([
    expect.stringContaining(
      'fan_out: expected 1, or queue.mode per-replica in pool other, whose replicas share a queue, got 3',
    ),
  ])
})

test.each([
  ['cancel: true', '', 'cancel: remove cancel: without timeout_ms no client times out'],
  [
    'timeout_ms: 9, cancel: true',
    'timeout_ms: 5, timeout_action: delay',
    'cancel: remove cancel: a queue has timeout_action delay',
  ],
  [
    `arrivals: { process: closed-loop, users: 4, ${THINK} }, session: { ${TURNS}, ${THINK} }`,
    '',
    'session: remove session: with process closed-loop each user sends request after request already',
  ],
  [
    'arrivals: { process: closed-loop, users: 4, think_time_s: { distribution: uniform, min: 5, max: 2 } }',
    '',
    'arrivals.think_time_s.max: expected at least min 5, got 2',
  ],
  [
    `max_in_flight: 9, arrivals: { process: closed-loop, users: 4, ${THINK} }`,
    '',
    'max_in_flight: remove max_in_flight: with process closed-loop each user has one request in flight',
  ],
  [
    `max_in_flight: 9, session: { ${TURNS}, ${THINK} }`,
    '',
    'max_in_flight: remove max_in_flight: the class has session, and each turn is scheduled by the answer to the one before',
  ],
  [
    'max_in_flight: 9, retry: { max_attempts: 3 }',
    '',
    'max_in_flight: remove max_in_flight: the class has retry, and a client that waits for its backoff would be in flight or not',
  ],
  ['timeout_ms: -5', '', 'timeout_ms: expected a number above 0, got -5'],
  [
    'timeout_ms: soon',
    '',
    'timeout_ms: expected a number above 0 or a map with the key distribution, got "soon"',
  ],
  [
    'timeout_ms: { distribution: uniform, min: 5, max: 2 }',
    '',
    'timeout_ms.max: expected at least min 5, got 2',
  ],
  [
    `session: { ${TURNS}, think_time_s: { distribution: lognormal, median: 5, p99: 2 } }`,
    '',
    'session.think_time_s.p99: expected at least median 5, got 2',
  ],
])('%s with queue { %s }', (keys, queue, problem) => {
  const [first] = problemsOf(keys, queue)
  expect(first).toContain(`traffic.web.${problem}`)
})

test('a limit of requests in flight goes with neither copies nor retries by a proxy', () => {
  expect(problemsOf('max_in_flight: 9, hedge: { policy: tied }', 'mode: per-replica', 2)).toEqual([
    'traffic.web.max_in_flight: remove max_in_flight: the class has hedge, and a copy that is held back would be no hedge',
  ])
  const proxied = 'mode: per-replica }, retry_policy: { retry_on: [shed]'
  expect(problemsOf('max_in_flight: 9', proxied, 2)).toEqual([
    expect.stringContaining('remove max_in_flight: pool central has retry_policy, whose back-off'),
  ])
})

test('carry_context needs a pool that depends on the length of a request', () => {
  const text = (work: string) => `spillway: 1
name: s
duration_s: 60
models: { m: { work: { ${work} } } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 4 }
    session: { ${TURNS}, ${THINK}, carry_context: true }
pools: [{ name: central, model: m }]
`
  expect(problemsIn(text('law: linear, base_ms: 1, per_token_ms: 1'))).toEqual([])
  expect(problemsIn(text('law: table, sizes: [1], ms: [4]'))).toEqual([
    'traffic.web.session.carry_context: expected false, as no model depends on the length of a request, got true',
  ])
})

test.each(['input_tokens', 'output_tokens'])('a session cannot take %s from a trace', (column) => {
  const classOf = (name: string, drawn: string) =>
    `${name}: ${column === name ? '{ distribution: trace }' : `{ ${drawn} }`}`
  const text = `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: generation, base_ms: 1 } } }
traffic:
  - class: web
    arrivals:
      { process: trace, file: a, format: csv, time_unit: s, columns: { time: t, ${column}: n } }
    ${classOf('input_tokens', 'distribution: geometric, mean: 9')}
    ${classOf('output_tokens', 'distribution: geometric, mean: 9')}
    session: { ${TURNS}, ${THINK} }
pools: [{ name: central, model: m, generation: { policy: continuous } }]
`
  expect(problemsIn(text)).toEqual([
    expect.stringContaining(
      'session: remove session: a trace has one length for each arrival, and not one for each turn',
    ),
  ])
})

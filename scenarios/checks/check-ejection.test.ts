import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const OWN = 'replicas: 10, queue: { mode: per-replica }'

/** The problems of a scenario whose pool ejects replicas, without file and position. */
function problemsOf(ejection: string, pool = OWN, more = '') {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: linear, base_ms: 1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 40 }${more} }]
pools: [{ name: central, model: m, ${pool}, outlier_detection: { ${ejection} } }]
`)
}

test.each([
  'policy: envoy-outlier',
  'policy: envoy-outlier, enforcing_failure_percentage: 100, timeouts: ignore',
  'policy: envoy-outlier, base_ejection_time_s: 400',
  'policy: linkerd-accrual',
  'policy: linkerd-accrual, max_failures: 3, jitter_ratio: 0',
])('outlier_detection { %s } is fine', (ejection) => {
  expect(problemsOf(ejection)).toEqual([])
})

const envoy = 'policy: envoy-outlier'

test.each([
  [
    envoy,
    'replicas: 3',
    '',
    'remove outlier_detection: the replicas of pool central share a queue',
  ],
  [envoy, 'queue: { mode: per-replica }', '', 'pool central has no other replica'],
  [envoy, OWN, ', fan_out: 2', 'remove fan_out: pool central has outlier_detection'],
  [`${envoy}, max_ejection_time_s: 20`, OWN, '', 'at least base_ejection_time_s 30, got 20'],
  ['policy: linkerd-accrual, max_penalty_s: 0.5', OWN, '', 'at least min_penalty_s 1, got 0.5'],
  [`${envoy}, enforcing_success_rate: 50`, OWN, '', 'enforcing_success_rate'],
])('outlier_detection { %s } with %s%s is rejected', (ejection, pool, more, text) => {
  expect(problemsOf(ejection, pool, more)).toEqual([expect.stringContaining(text)])
})

test('pools that hand KV caches over, or get them, have none', () => {
  const problems = problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: generation, base_ms: 4, per_sequence_ms: 0.1, per_prefill_token_ms: 0.02 } } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 4 }
    input_tokens: { distribution: fixed, value: 40 }
    output_tokens: { distribution: fixed, value: 4 }
pools:
  - { name: a, model: m, ${OWN}, outlier_detection: { ${envoy} }, generation: { policy: continuous, max_sequences: 4, hand_over: { pool: b } } }
  - { name: b, model: m, ${OWN}, outlier_detection: { ${envoy} }, generation: { policy: continuous, max_sequences: 4 } }
`)
  expect(problems).toEqual([
    expect.stringContaining('requests of pool a end in another pool'),
    expect.stringContaining('requests reach pool b by KV transfer'),
  ])
})

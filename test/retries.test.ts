import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'

/** Retries by proxies and circuit breakers, in simulations with failures; each run is audited. */

const own = 'replicas: 4, queue: { mode: per-replica }'
const small = 'batching: { policy: dynamic, max_batch: 4, max_delay_ms: 5 }'

const POOLS: Readonly<Record<string, string>> = {
  'queues of their own': `${own}, ${small}, retry_policy: {}`,
  'a shared queue': `replicas: 4, ${small}, retry_policy: { num_retries: 2 }`,
  'at once': `${own}, ${small}, retry_policy: { base_interval_ms: 0 }, circuit_breakers: { max_retries: 50 }`,
  'many attempts': `${own}, ${small}, retry_policy: { num_retries: 4, base_interval_ms: 1 }, circuit_breakers: { max_retries: 100 }`,
  'the same replica allowed': `${own}, ${small}, retry_policy: { num_retries: 3, avoid_previous_hosts: false }`,
  'a share of the requests': `${own}, ${small}, retry_policy: { num_retries: 3 }, circuit_breakers: { retry_budget: { policy: envoy, budget_percent: 50 } }`,
  'a share of the last requests': `${own}, ${small}, retry_policy: { num_retries: 3 }, circuit_breakers: { retry_budget: { policy: finagle, percent_can_retry: 5, min_retries_per_s: 0, ttl_s: 2 } }`,
  'full queues': `replicas: 4, queue: { mode: per-replica, max_length: 2, timeout_ms: 30 }, retry_policy: { retry_on: [failed, shed, timed_out] }, circuit_breakers: { max_retries: 20 }`,
  'a low threshold': `${own}, ${small}, retry_policy: {}, circuit_breakers: { max_requests: 8 }`,
  'a low threshold in front': `replicas: 4, ${small}, retry_policy: {}, circuit_breakers: { max_pending_requests: 2, max_requests: 9 }`,
  'two choices': `replicas: 4, queue: { mode: per-replica, routing: p2c }, ${small}, retry_policy: {}`,
}

const FAILURES: Readonly<Record<string, string>> = {
  crashes: '{ kind: crash, every_s: 9, restart_s: { distribution: exponential, mean: 2 } }',
  'crashes seen late':
    '{ kind: crash, every_s: 9, detection_s: 0.5, restart_s: { distribution: exponential, mean: 2 } }',
  'a lost zone': '{ kind: crash, at_s: [30, 60], restart_s: { distribution: fixed, value: 4 } }',
  errors: '{ kind: errors, every_s: 5, for_s: 3, share: 0.4 }',
}

function inputOf(pool: string, failures: string | null, traffic = '') {
  const text = `
spillway: 1
name: retries
duration_s: 90
models: { m: { work: { law: linear, base_ms: 20, per_item_ms: 4 } } }
traffic:
  - { class: a, arrivals: { process: poisson, rate_rps: 90 }, timeout_ms: 300, cancel: true${traffic} }
pools: [{ name: p, model: m, ${pool} }]
${failures === null ? '' : `failures: [${failures}]`}
`
  return simulationInput(parseScenario(text, { file: 'x.yaml' }).scenario)
}

type Input = ReturnType<typeof inputOf>

function violationsIn(
  input: Input,
  run: ReturnType<typeof keptReplication>,
  columns: RowColumns = run.rows.columns,
) {
  const requests = requestsIn(run.rows).columns
  const { rules } = auditRows(promisesOf(input.scenario), columns, requests, run.changes)
  return rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))
}

const countOf = ({ outcome }: RowColumns, one: number) =>
  outcome.filter((own) => own === one).length

const cases = Object.keys(POOLS).flatMap((pool) =>
  Object.keys(FAILURES).map((failure) => [pool, failure] as const),
)

describe.each(cases)('%s, %s', (pool, failure) => {
  const input = inputOf(POOLS[pool]!, FAILURES[failure]!)
  const run = keptReplication(input, 0)
  const { columns, count } = run.rows

  test('every promise is kept, and attempts that failed are sent again', () => {
    expect(violationsIn(input, run)).toEqual([])
    expect(countOf(columns, OUTCOME.retried)).toBeGreaterThan(0)
  })

  test('each request has one end, and each attempt that is sent again has one successor', () => {
    const further = columns.copyOf.filter((first) => first >= 0).length
    expect(countOf(columns, OUTCOME.retried)).toBe(further)
    const ends = Object.values(OUTCOME).filter((outcome) => outcome !== OUTCOME.retried)
    const ended = ends.reduce<number>((sum, outcome) => sum + countOf(columns, outcome), 0)
    expect(ended).toBe(count - further)
    expect(ended).toBe(requestsIn(run.rows).count)
  })
})

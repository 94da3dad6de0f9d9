import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import {
  feedBack,
  feedbackDifferences,
  keptReplication,
  simulationInput,
} from '../sim/experiment/index.ts'
import { OPEN_ADMISSION, OUTCOME, type PoolPlan, type RetryPlan } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'
import { dynamic } from './audited-systems.ts'
import { replay } from './manual-world.ts'
import { retryingSystemOf } from './retried-systems.ts'
import { serve } from './small-system.ts'

/** Retries by proxies and circuit breakers, in simulations with failures; each run is audited. */

const ownQueues = 'replicas: 4, queue: { mode: per-replica }'
const small = 'batching: { policy: dynamic, max_batch: 4, max_delay_ms: 5 }'

const POOLS: Readonly<Record<string, string>> = {
  'queues of their own': `${ownQueues}, ${small}, retry_policy: {}`,
  'a shared queue': `replicas: 4, ${small}, retry_policy: { num_retries: 2 }`,
  'at once': `${ownQueues}, ${small}, retry_policy: { base_interval_ms: 0 }, circuit_breakers: { max_retries: 50 }`,
  'many attempts': `${ownQueues}, ${small}, retry_policy: { num_retries: 4, base_interval_ms: 1 }, circuit_breakers: { max_retries: 100 }`,
  'the same replica allowed': `${ownQueues}, ${small}, retry_policy: { num_retries: 3, avoid_previous_hosts: false }`,
  'a share of the requests': `${ownQueues}, ${small}, retry_policy: { num_retries: 3 }, circuit_breakers: { retry_budget: { policy: envoy, budget_percent: 50 } }`,
  'a share of the last requests': `${ownQueues}, ${small}, retry_policy: { num_retries: 3 }, circuit_breakers: { retry_budget: { policy: finagle, percent_can_retry: 5, min_retries_per_s: 0, ttl_s: 2 } }`,
  'full queues': `replicas: 4, queue: { mode: per-replica, max_length: 2, timeout_ms: 30 }, retry_policy: { retry_on: [failed, shed, timed_out] }, circuit_breakers: { max_retries: 20 }`,
  'a low threshold': `${ownQueues}, ${small}, retry_policy: {}, circuit_breakers: { max_requests: 8 }`,
  'a low threshold in front': `replicas: 4, ${small}, retry_policy: {}, circuit_breakers: { max_pending_requests: 2, max_requests: 9 }`,
  'ejected replicas': `replicas: 3, queue: { mode: per-replica }, ${small}, retry_policy: { num_retries: 3 }, outlier_detection: { policy: envoy-outlier, consecutive_5xx: 2, interval_s: 1, base_ejection_time_s: 5, max_ejection_percent: 70, panic_threshold_percent: 0 }`,
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

const countOf = ({ outcome }: RowColumns, outcomeCode: number) =>
  outcome.filter((code) => code === outcomeCode).length

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

const bounded = { batching: { ...dynamic, maxBatch: 2 }, maxLength: 3, queueTimeoutMs: 8 } as const

const PLANS: Readonly<Record<string, Partial<PoolPlan>>> = {
  fifo: bounded,
  'a shared queue': { ...bounded, perReplicaQueues: false },
  'no batches': { ...bounded, batching: { policy: 'none' } },
  lifo: { ...bounded, order: { discipline: 'lifo' } },
  priority: { ...bounded, order: { discipline: 'priority', ageingMs: 20 } },
  'earliest deadline': { ...bounded, order: { discipline: 'earliest-deadline' } },
  'shortest job': { ...bounded, order: { discipline: 'shortest-job', predictionCv: 0.3 } },
  turns: { ...bounded, order: { discipline: 'deficit-round-robin', quantum: 40 } },
  counters: { ...bounded, order: { discipline: 'virtual-token-counter' } },
  buckets: {
    ...bounded,
    batching: { policy: 'length-bucketed', maxBatch: 4, edges: [20], maxDelayMs: 2 },
  },
  'look-ahead': { ...bounded, batching: { policy: 'deadline-aware', maxBatch: 4, marginMs: 2 } },
  drops: { ...bounded, batching: { policy: 'cork', maxBatch: 4, maxLatencyMs: 15 } },
  'two choices': { ...bounded, routing: { policy: 'p2c', choices: 2, viewAgeMs: 0 } },
  'in turn': { ...bounded, routing: 'round-robin' },
  'a threshold': {
    ...bounded,
    admission: {
      ...OPEN_ADMISSION,
      circuitBreaker: { maxPendingRequests: Number.POSITIVE_INFINITY, maxRequests: 12 },
    },
  },
}

const LIMITS: readonly RetryPlan['limit'][] = [
  { policy: 'count', maxRetries: 5 },
  { policy: 'envoy', budgetPercent: 30, minRetryConcurrency: 1 },
  { policy: 'finagle', percentCanRetry: 10, minRetriesPerS: 1, ttlS: 1 },
]

describe.each(Object.entries(PLANS))('retries under %s', (_, pool) => {
  const client = { deadlineMs: 30, clientTimeoutMs: 25, cancels: true }

  test.each(LIMITS)('a simulated run keeps every promise, and so does its log: %j', (limit) => {
    const system = retryingSystemOf(pool, { classPlan: client, retries: { limit } })
    const { rows, journal } = serve(system)
    expect(countOf(rows.columns, OUTCOME.retried)).toBeGreaterThan(10)
    const fedBack = feedBack(system.plan, requestsIn(rows), journal, rows.columns.copyOf)
    expect(feedbackDifferences(rows, fedBack)).toEqual([])
  })

  test.each([{}, { late: true }, { restless: true }, { failing: true }])(
    'a live run keeps every promise: %j',
    (troubles) => {
      const { rows } = replay(retryingSystemOf(pool, { classPlan: client }), troubles)
      expect(countOf(rows.columns, OUTCOME.retried)).toBeGreaterThan(10)
    },
  )
})

describe('while all replicas fail half of their batches', () => {
  const errors = '{ kind: errors, at_s: [20], for_s: 40, share: 0.5 }'
  const attempts = (breakers: string) => {
    const pool = `${ownQueues}, ${small}, retry_policy: { num_retries: 5 }, circuit_breakers: ${breakers}`
    const { columns } = keptReplication(inputOf(pool, errors), 0).rows
    const ill = [...columns.sent.keys()].filter(
      (key) => columns.sent[key]! > 25_000 && columns.sent[key]! < 55_000,
    )
    return ill.length / ill.filter((key) => columns.copyOf[key]! < 0).length
  }

  test('retries without a limit multiply the load by 1 / (1 - 1/2), cut off at five retries', () => {
    const expected = (1 - 0.5 ** 6) / 0.5
    expect(attempts('{ max_retries: 100000 }')).toBeGreaterThan(0.9 * expected)
    expect(attempts('{ max_retries: 100000 }')).toBeLessThan(1.02 * expected)
  })

  test('a budget of a tenth of the requests keeps the load within that, and 0 retries nothing', () => {
    const tenth = (policy: string) => attempts(`{ retry_budget: ${policy} }`)
    const finagle = '{ policy: finagle, percent_can_retry: 10, min_retries_per_s: 0 }'
    expect(tenth(finagle)).toBeGreaterThan(1.09)
    expect(tenth(finagle)).toBeLessThan(1.11)
    expect(attempts('{ max_retries: 0 }')).toBe(1)
  })
})

describe('a storm of retries by clients, after a surge that has passed', () => {
  const served = (pool: string) => {
    const text = `
spillway: 1
name: storm
duration_s: 90
models: { m: { work: { law: exponential, mean_ms: 10 } } }
traffic:
  - class: a
    arrivals: { process: poisson, rate_rps: 65, surges: [{ at_s: 20, factor: 3, hold_s: 5 }] }
    timeout_ms: 200
    retry: { max_attempts: 4, backoff_ms: 20, jitter: full }
pools: [{ name: p, model: m, ${pool} }]
`
    const input = simulationInput(parseScenario(text, { file: 'x.yaml' }).scenario)
    const { columns } = keptReplication(input, 0).rows
    const late = [...columns.at.keys()].filter(
      (key) => columns.firstScheduledAt[key]! > 60_000 && columns.attempt[key] === 1,
    )
    const answered = [...columns.at.keys()].filter(
      (key) => columns.firstScheduledAt[key]! > 60_000 && columns.outcome[key] === OUTCOME.served,
    )
    return answered.length / late.length
  }

  test('keeps the service down, and a circuit breaker ends it', () => {
    expect(served('circuit_breakers: { max_pending_requests: 10 }')).toBeGreaterThan(0.95)
    // the same with a threshold that is never reached in time
    expect(served('circuit_breakers: {}')).toBeLessThan(0.1)
    expect(served('circuit_breakers: { max_pending_requests: 100000 }')).toBeLessThan(0.1)
  })
})

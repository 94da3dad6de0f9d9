import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import {
  keptReplication,
  resolveSystem,
  runReplication,
  simulatedResult,
  simulationInput,
  withoutFiles,
} from '../sim/experiment/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'

/** Clients with a limit of requests in flight; each run is audited. */

interface Parts {
  readonly traffic?: string
  readonly pool?: string
  readonly rest?: string
  readonly rate?: number
}

function inputOf({ traffic = '', pool = '', rest = '', rate = 380 }: Parts) {
  const text = `
spillway: 1
name: capped
duration_s: 20
models: { m: { work: { law: exponential, mean_ms: 10 } } }
traffic:
  - { class: a, arrivals: { process: gamma, rate_rps: ${rate}, cv: 2 }${traffic} }
pools:
  - { name: p, model: m, replicas: 4${pool} }
${rest}`
  return simulationInput(parseScenario(text, { file: 'x.yaml' }).scenario)
}

type Input = ReturnType<typeof inputOf>

function rulesOf(
  { scenario }: Input,
  { rows, changes = [] }: Pick<ReturnType<typeof keptReplication>, 'rows' | 'changes'>,
) {
  const requests = requestsIn(rows).columns
  return auditRows(promisesOf(scenario), rows.columns, requests, changes).rules
}

const brokenBy = (rules: ReturnType<typeof rulesOf>) =>
  rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))

function auditedRows(input: Input): RowColumns {
  const run = keptReplication(input, 0)
  expect(brokenBy(rulesOf(input, run))).toEqual([])
  return run.rows.columns
}

function resultOf(parts: Parts) {
  const { scenario } = inputOf(parts)
  const system = resolveSystem(withoutFiles({ scenario, hash: 'none', file: 'x.yaml' }), null)
  const runs = [0, 1, 2].map((replication) => runReplication(system, replication))
  return simulatedResult(system, runs, { version: '0', commit: null, profile: null })
}

const held = ({ at, firstScheduledAt }: RowColumns) =>
  at.reduce((count, sent, key) => count + Number(sent > firstScheduledAt[key]!), 0)

describe('with as many requests in flight as servers', () => {
  const open = auditedRows(inputOf({}))
  const capped = auditedRows(inputOf({ traffic: ', max_in_flight: 4' }))

  test('each request of a FIFO pool ends as without a limit', () => {
    expect(capped.done).toEqual(open.done)
    expect(capped.started).toEqual(open.started)
  })

  test('each request is scheduled as without a limit', () => {
    expect(capped.firstScheduledAt).toEqual(open.at)
  })

  test('each request waits at its client as long as it did in the queue', () => {
    expect(capped.at).toEqual(open.dispatched)
    expect(capped.dispatched).toEqual(capped.at)
    expect(held(capped)).toBeGreaterThan(3000)
  })
})

test('with more places than requests each request is sent as scheduled', () => {
  const open = auditedRows(inputOf({}))
  expect(auditedRows(inputOf({ traffic: ', max_in_flight: 100000' }))).toEqual(open)
})

const batches = 'batching: { policy: dynamic, max_batch: 8, max_delay_ms: 3 }'
const CASES: Readonly<Record<string, Parts>> = {
  'clients that time out': { traffic: ', max_in_flight: 6, timeout_ms: 15' },
  'clients that cancel': { traffic: ', max_in_flight: 9, timeout_ms: 15, cancel: true' },
  'drawn timeouts': {
    traffic: ', max_in_flight: 6, timeout_ms: { distribution: exponential, mean: 20 }',
  },
  'short queues': {
    traffic: ', max_in_flight: 6',
    pool: ', queue: { mode: per-replica, max_length: 1, routing: { policy: random } }',
  },
  'batches that end together': { traffic: ', max_in_flight: 8', pool: `, ${batches}` },
  'batches that cannot fill': {
    traffic: ', max_in_flight: 5',
    pool: ', batching: { policy: fixed, batch: 8 }',
  },
  'batches that fill': {
    traffic: ', max_in_flight: 34',
    pool: ', batching: { policy: fixed, batch: 8 }',
    rate: 2500,
  },
  'parts of a fan-out': {
    traffic: ', max_in_flight: 5, fan_out: 2',
    pool: ', queue: { mode: per-replica }',
    rate: 190,
  },
  'a link with delay': { traffic: ', max_in_flight: 12', rest: 'link: { delay_ms: 3 }' },
  'two classes': {
    traffic:
      ', max_in_flight: 3 }\n  - { class: b, max_in_flight: 5, arrivals: { process: poisson, ' +
      'rate_rps: 180 }',
    rate: 190,
  },
  'retries of another class': {
    traffic:
      ', max_in_flight: 3 }\n  - { class: b, timeout_ms: 20, retry: { max_attempts: 3 }, ' +
      'arrivals: { process: poisson, rate_rps: 180 }',
    rate: 190,
  },
  crashes: {
    traffic: ', max_in_flight: 9',
    rest: 'failures: [{ kind: crash, pools: [p], at_s: [5], restart_s: { distribution: fixed, value: 4 } }]',
  },
}

test.each(Object.entries(CASES))('%s: what is in flight stays within its limit', (_, parts) => {
  const rows = auditedRows(inputOf(parts))
  expect(held(rows)).toBeGreaterThan(500)
})

test('a send too early, too late or out of turn is found', () => {
  const input = inputOf({ traffic: ', max_in_flight: 6' })
  const run = keptReplication(input, 0)
  const { columns } = run.rows
  const key = columns.at.findIndex((at, i) => at > columns.firstScheduledAt[i]!)
  const sentAt = columns.at[key]!
  const broken = () =>
    rulesOf(input, run)
      .filter(({ violations }) => violations > 0)
      .map(({ rule }) => rule)
  columns.at[key] = sentAt - 0.001
  expect(broken()).toContain('capped-sends')
  columns.at[key] = sentAt + 0.001
  expect(broken()).toContain('capped-sends')
  columns.at[key] = sentAt
  expect(broken()).toEqual([])
  const [first, second] = [columns.firstScheduledAt[key]!, columns.firstScheduledAt[key + 1]!]
  columns.firstScheduledAt[key] = second
  columns.firstScheduledAt[key + 1] = first
  expect(broken()).toContain('capped-sends')
})

test('the result has what was held back, and warns that latencies do not', () => {
  const capped = resultOf({ traffic: ', max_in_flight: 4' })
  const open = resultOf({})
  const [cappedClass] = capped.classes
  const [openClass] = open.classes
  expect(cappedClass!.held!.share.value).toBeGreaterThan(0.4)
  // coordinated omission: the same requests end at the same times, and look faster
  expect(cappedClass!.held!.latency_from_schedule.mean.value).toBeCloseTo(
    openClass!.latency.mean.value!,
  )
  expect(cappedClass!.latency.mean.value).toBeLessThan(0.5 * openClass!.latency.mean.value!)
  expect(capped.warnings[0]).toMatch(
    /^class a: [\d.]+ % of the requests waited at their clients, as max_in_flight 4 were in flight/,
  )
  expect(openClass!.held).toBeUndefined()
  expect(open.warnings.join()).not.toContain('clients')
})

test('what waits at clients is part of the backlog: an overload stays one', () => {
  const { stability } = resultOf({ traffic: ', max_in_flight: 4', rate: 480 })
  expect(stability.state).toBe('OVERLOADED')
})

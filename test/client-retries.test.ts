import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'

/** Retries by clients, with and without pushback by the server; each run is audited. */

interface Parts {
  readonly retry?: string
  readonly traffic?: string
  readonly pool?: string
  readonly pushback?: string
  readonly rest?: string
  readonly timeoutMs?: number
}

/** A surge that fills a short queue. */
function inputOf({
  retry = 'max_attempts: 4, backoff_ms: 20, jitter: full',
  traffic = '',
  pool = '',
  pushback = '',
  rest = '',
  timeoutMs = 400,
}: Parts) {
  const arrivals = 'process: poisson, rate_rps: 65, surges: [{ at_s: 10, factor: 4, hold_s: 5 }]'
  const text = `
spillway: 1
name: storm
duration_s: 60
models: { m: { work: { law: exponential, mean_ms: 10 } } }
traffic:
  - { class: a, arrivals: { ${arrivals} }, timeout_ms: ${timeoutMs}, retry: { ${retry} }${traffic} }
pools:
  - { name: p, model: m, admission: { concurrency: { limit: 12 }${pushback} }${pool} }
${rest}`
  return simulationInput(parseScenario(text, { file: 'x.yaml' }).scenario)
}

type Input = ReturnType<typeof inputOf>

function auditOf({ scenario }: Input, run: ReturnType<typeof keptReplication>, columns = run.rows) {
  const requests = requestsIn(columns).columns
  return auditRows(promisesOf(scenario), columns.columns, requests, run.changes).rules
}

const violationsIn = (rules: ReturnType<typeof auditOf>) =>
  rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))

const pushbackOf = (ms: number) => ({ pushback: `, retry_pushback_ms: ${ms}` })
const link = 'link: { delay_ms: 3 }\n'
const retried = 'max_attempts: 5, backoff_ms: 15, max_backoff_ms: 50, jitter: equal'
const parts = ', queue: { mode: per-replica }, replicas: 2'
const proxied = `${parts}, retry_policy: { retry_on: [shed] }`

const CASES: Readonly<Record<string, Parts>> = {
  'without pushback': {},
  'every backoff as it is': { retry: 'max_attempts: 3, backoff_ms: 5' },
  'backoffs with a limit': { retry: retried },
  'a pushback of 500 ms': pushbackOf(500),
  'a pushback of 0 ms': pushbackOf(0),
  'no retry after a refusal': { timeoutMs: 90, ...pushbackOf(-1) },
  'a pushback among timeouts': {
    retry: retried,
    timeoutMs: 90,
    traffic: ', cancel: true',
    ...pushbackOf(30),
  },
  'only refusals are retried': { retry: `${retried}, retry_on: [shed]`, ...pushbackOf(90) },
  'only timeouts are retried': {
    retry: `${retried}, retry_on: [client_timeout]`,
    timeoutMs: 90,
  },
  'a budget': { retry: `${retried}, budget: { ratio: 0.2 }`, ...pushbackOf(90) },
  'over a link': { ...pushbackOf(90), rest: link },
  'parts of a fan-out': { traffic: ', fan_out: 2', pool: parts, ...pushbackOf(90) },
  'behind a proxy that retries': { pool: proxied, ...pushbackOf(90) },
}

describe.each(Object.entries(CASES))('%s', (_, scenario) => {
  test('each attempt is sent when the end of the one before says, and never otherwise', () => {
    const input = inputOf(scenario)
    const run = keptReplication(input, 0)
    const { attempt } = run.rows.columns
    expect(attempt.filter((number) => number > 1).length).toBeGreaterThan(30)
    const rules = auditOf(input, run)
    expect(violationsIn(rules)).toEqual([])
    expect(rules.find(({ rule }) => rule === 'client-retries')!.checked).toBeGreaterThan(3000)
  })
})

/** Attempts of one class that follow a refusal, with the time from it to them. */
function afterRefusals({ outcome, attempt, firstScheduledAt, done, at }: RowColumns): number[] {
  const refused = new Map<string, number>()
  for (const [key, code] of outcome.entries()) {
    if (code === OUTCOME.shed) refused.set(`${firstScheduledAt[key]} ${attempt[key]}`, done[key]!)
  }
  return [...attempt.keys()].flatMap((key) => {
    const before = refused.get(`${firstScheduledAt[key]} ${attempt[key]! - 1}`)
    return before === undefined ? [] : [at[key]! - before]
  })
}

describe('a storm of retries', () => {
  const runOf = (scenario: Parts) => keptReplication(inputOf(scenario), 0).rows.columns
  const calls = (columns: RowColumns) => columns.attempt.filter((number) => number === 1).length
  const servedIn = ({ outcome }: RowColumns) =>
    outcome.filter((code) => code === OUTCOME.served).length
  const plain = runOf({})

  test.each([200, 1000])('a retry comes exactly %d ms after the refusal that says so', (ms) => {
    const delays = afterRefusals(runOf(pushbackOf(ms)))
    expect(delays.length).toBeGreaterThan(100)
    for (const delay of delays) expect(delay).toBeCloseTo(ms, 6)
    // the negative control: without pushback none does
    expect(afterRefusals(plain).every((delay) => delay < 160)).toBe(true)
  })

  test('after a refusal that forbids it, no retry comes', () => {
    expect(afterRefusals(runOf(pushbackOf(-1)))).toEqual([])
    expect(afterRefusals(plain).length).toBeGreaterThan(100)
  })

  test.each([1000, -1])('with a pushback of %d ms the same calls need fewer attempts', (ms) => {
    const pushed = runOf(pushbackOf(ms))
    // every call is made in both, and every attempt of it ends in one way
    expect(calls(pushed)).toBe(calls(plain))
    expect(pushed.outcome.every((code) => code <= OUTCOME.cancelled)).toBe(true)
    expect(pushed.done.every((done) => !Number.isNaN(done))).toBe(true)
    expect(pushed.attempt.length).toBeLessThan(plain.attempt.length - 100)
  })

  test('retries that come after the surge are answered', () => {
    const late = runOf(pushbackOf(4000))
    expect(servedIn(late)).toBeGreaterThan(servedIn(plain) + 100)
    expect(servedIn(runOf(pushbackOf(-1)))).toBeLessThan(servedIn(plain))
  })
})

describe('rows that break the rule on retries of clients', () => {
  const isRetry = (c: RowColumns, key: number) => c.attempt[key]! > 1
  const seeds: readonly [what: string, Parts, (c: RowColumns) => number, text: string][] = [
    ['a retry too early', {}, (c) => changed(c, isRetry, (k) => (c.at[k]! -= 1)), 'but it was due'],
    [
      'a retry before its pushback',
      pushbackOf(500),
      (c) => changed(c, isRetry, (k) => (c.at[k]! -= 450)),
      'but it was due',
    ],
    [
      'an attempt too many',
      {},
      (c) =>
        changed(
          c,
          (_, k) => c.attempt[k] === 4,
          (k) => (c.attempt[k] = 5),
        ),
      'attempt 5',
    ],
    [
      'an end that is not retried',
      { retry: `${retried}, retry_on: [shed]` },
      (c) => {
        const retry = keyOf(c, isRetry)
        const before = keyOf(c, (_, k) => isBefore(c, k, retry))
        c.outcome[before] = OUTCOME.failed
        return retry
      },
      'but failed is not retried',
    ],
    [
      'a retry after an answer',
      {},
      (c) => {
        const retry = keyOf(c, (_, k) => isRetry(c, k))
        c.outcome[keyOf(c, (_, k) => isBefore(c, k, retry))] = OUTCOME.served
        return retry
      },
      'was answered',
    ],
    [
      'a retry that was forbidden',
      { ...pushbackOf(-1), timeoutMs: 90 },
      (c) => {
        const retry = keyOf(c, isRetry)
        const before = keyOf(c, (_, k) => isBefore(c, k, retry))
        c.outcome[before] = OUTCOME.shed
        c.refusal[before] = 4
        c.done[before] = c.sent[before]!
        return retry
      },
      'allows none',
    ],
    [
      'a call that was given up',
      {},
      (c) => {
        const retry = keyOf(c, (_, k) => c.attempt[k] === 4)
        const before = keyOf(c, (_, k) => isBefore(c, k, retry))
        c.attempt[retry] = 1
        c.firstScheduledAt[retry] = c.at[retry]!
        return before
      },
      'not sent again',
    ],
  ]

  test.each(seeds)('%s', (_, scenario, spoil, text) => {
    const input = inputOf(scenario)
    const run = keptReplication(input, 0)
    const key = spoil(run.rows.columns)
    const { first } = auditOf(input, run).find(({ rule }) => rule === 'client-retries')!
    const naming = first.filter(({ rows }) => rows.includes(key))
    expect(naming.map((violation) => violation.text).join(), `row ${key}`).toContain(text)
  })
})

const isBefore = (c: RowColumns, key: number, retry: number) =>
  c.firstScheduledAt[key] === c.firstScheduledAt[retry] && c.attempt[key] === c.attempt[retry]! - 1

function keyOf(c: RowColumns, fits: (c: RowColumns, key: number) => boolean): number {
  const key = c.at.findIndex((_, k) => fits(c, k))
  if (key < 0) throw new Error('Expected a row that fits')
  return key
}

function changed(
  c: RowColumns,
  fits: (c: RowColumns, key: number) => boolean,
  change: (key: number) => unknown,
): number {
  const key = keyOf(c, fits)
  change(key)
  return key
}

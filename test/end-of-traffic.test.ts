import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auditRows, type Promises, promisesOf } from '../sim/audit/index.ts'
import { keptReplication } from '../sim/experiment/index.ts'
import { ControlPlane, OUTCOME, servingPlan } from '../sim/serving/index.ts'
import type { RowColumns, Rows } from '../sim/stats/index.ts'
import { type RequestList, requestsIn, trafficSource } from '../sim/traffic/index.ts'
import { replaceMethod } from '../tools/mutants/method.ts'
import { fixed } from './audited-systems.ts'
import { replay } from './manual-world.ts'
import { move, pairOf } from './row-surgery.ts'
import { scenarioOf } from './scenarios.ts'
import { requestsOf, serve } from './small-system.ts'

const FIXED = 'batching: { policy: fixed, batch: 4 }'
const TEN_A_SECOND = 'arrivals: { process: deterministic, rate_rps: 10 }'

interface Texts {
  readonly traffic: readonly string[]
  readonly pools?: readonly string[]
}

function scenarioWith({ traffic, pools = [`name: only, model: any, ${FIXED}`] }: Texts) {
  const text = `
    spillway: 1
    name: ends
    duration_s: 1
    models:
      any: { work: { law: constant, ms: 5 } }
      slow: { work: { law: constant, ms: 400 } }
    traffic:
${traffic.map((own) => `      - { ${own} }`).join('\n')}
    pools:
${pools.map((own) => `      - { ${own} }`).join('\n')}
  `
  return scenarioOf(text)
}

function simulated(texts: Texts) {
  const scenario = scenarioWith(texts)
  const input = { scenario, capacityRps: null, traces: new Map(), requests: null }
  return keptReplication({ ...input, models: scenario.pools.map(() => null) }, 0)
}

/** The same in the dispatcher of the live world, on a clock that is set by hand. */
function live(texts: Texts) {
  const scenario = scenarioWith(texts)
  const source = trafficSource(scenario, {
    seed: scenario.seed,
    replication: 0,
    capacityRps: null,
    traces: new Map(),
  })
  const work = scenario.pools.map(({ model }) => {
    const own = scenario.models[model]!
    if (!('work' in own)) throw new Error('Expected declared work')
    return own.work
  })
  const system = { plan: servingPlan(scenario), requests: requestsOf([]), work }
  return replay(system, { source, audited: false })
}

function brokenRules(promises: Promises, rows: RowColumns, requests: RequestList): string[] {
  const { rules } = auditRows(promises, rows, requests.columns)
  return rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
}

const brokenBy = (texts: Texts, rows: Rows) =>
  brokenRules(promisesOf(scenarioWith(texts)), rows.columns, requestsIn(rows))

/** Each batch, by its first member: when it went, and its size. */
function batchesOf({ columns, count }: Rows): [at: number, size: number][] {
  const found = new Map<number, [number, number]>()
  for (let key = 0; key < count; key++) {
    const batch = columns.batch[key]!
    if (batch >= 0) found.set(batch, [columns.dispatched[key]!, columns.batchSize[key]!])
  }
  return [...found.values()].sort(([a], [b]) => a - b)
}

const waits = 'queue: { timeout_ms: 5000 }'
const retries = (more = '') => ({
  traffic: [`class: web, ${TEN_A_SECOND}, retry: { max_attempts: 2 } ${more}`],
  pools: [`name: only, model: any, ${waits}, ${FIXED}`],
})

describe('the rest of fixed batches goes once the traffic has ended', () => {
  test('with clients that would try again as with others', () => {
    const { rows } = simulated(retries())
    expect(rows.count).toBe(9)
    expect([rows.columns.dispatched[8], rows.columns.done[8]]).toEqual([900, 905])
    const plain = simulated({ ...retries(), traffic: [`class: web, ${TEN_A_SECOND}`] })
    expect(plain.rows.columns.done.slice(0, 9)).toEqual(rows.columns.done.slice(0, 9))
  })

  test('and rows of a server that was not told break the audit', () => {
    const restore = replaceMethod(ControlPlane.prototype, 'onEnd', () => () => {})
    const { rows } = simulated(retries())
    restore()
    expect([rows.columns.outcome[8], rows.columns.done[8]]).toEqual([OUTCOME.timedOut, 5900])
    expect(brokenBy(retries(), rows)).toEqual(['idle'])
  })

  test('not while a client that lost patience is about to try again', () => {
    const impatient = retries(', timeout_ms: 40')
    // the ninth leaves at 940 and comes once more at that instant, the last time
    const last = batchesOf(simulated(impatient).rows).at(-1)
    expect(last).toEqual([940, 2])
  })

  test('not while something is served whose client could try again', () => {
    const busy = {
      traffic: [
        'class: web, model: any, arrivals: { process: deterministic, rate_rps: 10 }',
        'class: bulk, model: slow, arrivals: { process: deterministic, rate_rps: 1.2 }, ' +
          'retry: { max_attempts: 2 }',
      ],
      pools: [`name: web, model: any, ${FIXED}`, 'name: bulk, model: slow'],
    }
    // bulk works from 833 to 1233, and nothing is sent from 1000 on
    expect(batchesOf(simulated(busy).rows).at(-1)).toEqual([1000, 1])
  })
})

const users = (think: string, count = 3): Texts => ({
  traffic: [
    `class: users, arrivals: { process: closed-loop, users: ${count}, think_time_s: ${think} }`,
  ],
})

describe('where all users wait for a fixed batch that is larger', () => {
  test.each(['{ distribution: fixed, value: 0.02 }', '{ distribution: exponential, mean: 0.02 }'])(
    'it goes with all of them, each time: %s',
    (think) => {
      const { rows } = simulated(users(think))
      const sizes = batchesOf(rows).map(([, size]) => size)
      expect(sizes.length).toBeGreaterThan(10)
      // at the end of the run some think for longer than that
      expect(sizes.slice(0, -3).every((size) => size === 3)).toBe(true)
      expect(brokenBy(users(think), rows)).toEqual([])
    },
  )

  test('the audit wants the traffic to go on only where clients react', () => {
    const think = '{ distribution: fixed, value: 0.02 }'
    const { rows } = simulated(users(think))
    const promises = { ...promisesOf(scenarioWith(users(think))), reactions: null }
    expect(brokenRules(promises, rows.columns, requestsIn(rows))).toContain('batch-size')
  })

  test('the audit finds one that went while others were on their way', () => {
    const { columns } = serve(fixed).rows
    const copied = Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [name, column.slice()]),
    ) as unknown as RowColumns
    const [one, next] = pairOf(copied, () => true)
    move(copied, one.keys[3]!, one, next)
    const follows = { follows: true, budget: false, leastPauseMs: () => 0 }
    const reactions = { untilMs: 1e6, classes: fixed.plan.classes.map(() => follows) }
    const reacting = { ...fixed.plan, reactions }
    expect(brokenRules(reacting, columns, fixed.requests)).toEqual([])
    expect(brokenRules(reacting, copied, fixed.requests)).toContain('batch-size')
  })
})

const reactions = fc.constantFrom(
  'retry: { max_attempts: 3, backoff_ms: 7 }',
  'retry: { max_attempts: 3, backoff_ms: 40, jitter: full }, timeout_ms: 60, cancel: true',
  'retry: { max_attempts: 2, backoff_ms: 20, budget: { ratio: 0.1, burst: 1 } }, timeout_ms: 30',
  'session: { turns: { distribution: geometric, mean: 3 }, ' +
    'think_time_s: { distribution: exponential, mean: 0.05 } }',
  'timeout_ms: 50',
)
const arrivals = fc.oneof(
  fc
    .integer({ min: 5, max: 60 })
    .map((rate) => `arrivals: { process: poisson, rate_rps: ${rate} }`),
  fc
    .integer({ min: 1, max: 9 })
    .map(
      (count) =>
        `arrivals: { process: closed-loop, users: ${count}, ` +
        'think_time_s: { distribution: exponential, mean: 0.03 } }',
    ),
)
const traffic = fc
  .tuple(arrivals, reactions)
  .filter(([own, how]) => !(own.includes('closed-loop') && how.includes('session')))
  .map(([own, how]) => `${own}, ${how}`)
const pool = fc
  .tuple(
    fc.constantFrom('any', 'slow'),
    fc.constantFrom(FIXED, 'batching: { policy: fixed, batch: 3 }', ''),
    fc.constantFrom('', 'queue: { timeout_ms: 120 }', 'queue: { max_length: 4 }'),
    fc.constantFrom('', 'replicas: 2'),
  )
  .map((parts) => `model: ${parts.filter((part) => part !== '').join(', ')}`)
const texts = fc
  .tuple(
    fc.array(traffic, { minLength: 1, maxLength: 2 }),
    fc.array(pool, { minLength: 1, maxLength: 2 }),
  )
  .map(([classes, pools]) => ({
    traffic: classes.map((own, i) => `class: class-${i}, ${own}`),
    pools: pools.map((own, i) => `name: pool-${i}, ${own}`),
  }))

describe('with clients that react', () => {
  const decided = ({ rows: { columns, count } }: { rows: Rows }) =>
    (['at', 'sent', 'dispatched', 'done', 'executor', 'batchSize', 'outcome'] as const).map(
      (name) => [...columns[name].slice(0, count)],
    )

  test('both worlds decide alike, are told the same, and keep every promise', () => {
    fc.assert(
      fc.property(texts, (system) => {
        const one = simulated(system)
        const other = live(system)
        expect(decided(other)).toEqual(decided(one))
        expect([...other.journal]).toEqual([...one.journal])
        expect(brokenBy(system, one.rows)).toEqual([])
      }),
    )
  })
})

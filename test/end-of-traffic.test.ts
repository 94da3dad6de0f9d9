import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auditRows, type Promises, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, simulationInput } from '../sim/experiment/index.ts'
import { ControlPlane, OUTCOME, servingPlan } from '../sim/serving/index.ts'
import type { RowColumns, Rows } from '../sim/stats/index.ts'
import { type RequestList, requestsIn, trafficSource } from '../sim/traffic/index.ts'
import { replaceMethods } from '../tools/mutants/mutant.ts'
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
${traffic.map((entry) => `      - { ${entry} }`).join('\n')}
    pools:
${pools.map((entry) => `      - { ${entry} }`).join('\n')}
  `
  return scenarioOf(text)
}

function simulated(texts: Texts) {
  const scenario = scenarioWith(texts)
  return keptReplication(simulationInput(scenario), 0)
}

/** The same in the live dispatcher, on a clock that is set by hand. */
function live(texts: Texts) {
  const scenario = scenarioWith(texts)
  const source = trafficSource(scenario, {
    seed: scenario.seed,
    replication: 0,
    capacityRps: null,
    traces: new Map(),
  })
  const work = scenario.pools.map(({ model }) => {
    const definition = scenario.models[model]!
    if (!('work' in definition)) throw new Error('Expected declared work')
    return definition.work
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

/** Dispatch time and size of each batch, by its first request. */
function batchesOf({ columns, count }: Rows): [at: number, size: number][] {
  const batches = new Map<number, [number, number]>()
  for (let key = 0; key < count; key++) {
    const batch = columns.batch[key]!
    if (batch >= 0) batches.set(batch, [columns.dispatched[key]!, columns.batchSize[key]!])
  }
  return [...batches.values()].sort(([a], [b]) => a - b)
}

const waits = 'queue: { timeout_ms: 5000 }'
const retries = (settings = '') => ({
  traffic: [`class: web, ${TEN_A_SECOND}, retry: { max_attempts: 2 } ${settings}`],
  pools: [`name: only, model: any, ${waits}, ${FIXED}`],
})

describe('an incomplete fixed batch is dispatched once the traffic has ended', () => {
  test('with retrying clients as with others', () => {
    const { rows } = simulated(retries())
    expect(rows.count).toBe(9)
    expect([rows.columns.dispatched[8], rows.columns.done[8]]).toEqual([900, 905])
    const plain = simulated({ ...retries(), traffic: [`class: web, ${TEN_A_SECOND}`] })
    expect(plain.rows.columns.done.slice(0, 9)).toEqual(rows.columns.done.slice(0, 9))
  })

  test('and rows of a server without this notice violate the audit', () => {
    const restore = replaceMethods(ControlPlane.prototype, { onEnd: () => () => {} })
    const { rows } = simulated(retries())
    restore()
    expect([rows.columns.outcome[8], rows.columns.done[8]]).toEqual([OUTCOME.timedOut, 5900])
    expect(brokenBy(retries(), rows)).toEqual(['idle'])
  })

  test('but not while a client that timed out is about to retry', () => {
    const impatient = retries(', timeout_ms: 40')
    // the ninth client times out at 940 and retries at that instant, for the last time
    const last = batchesOf(simulated(impatient).rows).at(-1)
    expect(last).toEqual([940, 2])
  })

  test('but not while a request runs whose client could retry', () => {
    const busy = {
      traffic: [
        'class: web, model: any, arrivals: { process: deterministic, rate_rps: 10 }',
        'class: bulk, model: slow, arrivals: { process: deterministic, rate_rps: 1.2 }, ' +
          'retry: { max_attempts: 2 }',
      ],
      pools: [`name: web, model: any, ${FIXED}`, 'name: bulk, model: slow'],
    }
    // bulk runs from 833 to 1233, and nothing is sent from 1000 on
    expect(batchesOf(simulated(busy).rows).at(-1)).toEqual([1000, 1])
  })
})

const users = (think: string, count = 3): Texts => ({
  traffic: [
    `class: users, arrivals: { process: closed-loop, users: ${count}, think_time_s: ${think} }`,
  ],
})

describe('if all users wait for a fixed batch that is larger', () => {
  test.each(['{ distribution: fixed, value: 0.02 }', '{ distribution: exponential, mean: 0.02 }'])(
    'it is dispatched with all of them, each time: %s',
    (think) => {
      const { rows } = simulated(users(think))
      const sizes = batchesOf(rows).map(([, size]) => size)
      expect(sizes.length).toBeGreaterThan(10)
      // at the end of the run some users think for longer than that
      expect(sizes.slice(0, -3).every((size) => size === 3)).toBe(true)
      expect(brokenBy(users(think), rows)).toEqual([])
    },
  )

  test('the audit expects traffic to go on only for reacting clients', () => {
    const think = '{ distribution: fixed, value: 0.02 }'
    const { rows } = simulated(users(think))
    const promises = { ...promisesOf(scenarioWith(users(think))), reactions: null }
    expect(brokenRules(promises, rows.columns, requestsIn(rows))).toContain('batch-size')
  })

  test('the audit detects a batch dispatched while other requests were on their way', () => {
    const { rows } = serve(fixed)
    const { columns } = rows
    const copied = rows.grown(rows.count).columns
    const [first, next] = pairOf(copied, () => true)
    move(copied, first.keys[3]!, first, next)
    const follows = { follows: true, leastPauseMs: () => 0 }
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
  .filter(([process, how]) => !(process.includes('closed-loop') && how.includes('session')))
  .map(([process, how]) => `${process}, ${how}`)
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
    traffic: classes.map((keys, i) => `class: class-${i}, ${keys}`),
    pools: pools.map((keys, i) => `name: pool-${i}, ${keys}`),
  }))

describe('with reacting clients', () => {
  const decided = ({ rows: { columns, count } }: { rows: Rows }) =>
    (['at', 'sent', 'dispatched', 'done', 'executor', 'batchSize', 'outcome'] as const).map(
      (name) => [...columns[name].slice(0, count)],
    )

  test('simulated and live runs make the same decisions, see the same events, and keep every promise', () => {
    fc.assert(
      fc.property(texts, (system) => {
        const run = simulated(system)
        const replay = live(system)
        expect(decided(replay)).toEqual(decided(run))
        expect([...replay.journal]).toEqual([...run.journal])
        expect(brokenBy(system, run.rows)).toEqual([])
      }),
    )
  })
})

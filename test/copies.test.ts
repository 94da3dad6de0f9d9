import { describe, expect, test } from 'vitest'
import { feedBack, feedbackDifferences } from '../sim/experiment/index.ts'
import type { HedgePlan, PoolPlan } from '../sim/serving/index.ts'
import { ANY_CLASS, OPEN_ADMISSION, OUTCOME } from '../sim/serving/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'
import { COPYING, dynamic, hedgedSystemOf } from './audited-systems.ts'
import { replay, worldNames, worlds } from './manual-world.ts'
import { planOf, requestsOf, type SmallSystem, serve } from './small-system.ts'

/** Copies of requests under every discipline, simulated and live: each run is audited. */

const small = { batching: { ...dynamic, maxBatch: 2 } }

const POOLS: Readonly<Record<string, Partial<PoolPlan>>> = {
  fifo: small,
  'no batches': { batching: { policy: 'none' } },
  lifo: { ...small, order: { discipline: 'lifo' } },
  priority: { ...small, order: { discipline: 'priority', ageingMs: 20 } },
  'earliest deadline': { ...small, order: { discipline: 'earliest-deadline' } },
  'shortest job': { ...small, order: { discipline: 'shortest-job', predictionCv: 0.3 } },
  turns: { ...small, order: { discipline: 'deficit-round-robin', quantum: 40 } },
  counters: { ...small, order: { discipline: 'virtual-token-counter' } },
  'bounded, with time-outs': { ...small, maxLength: 3, queueTimeoutMs: 8 },
  delayed: { ...small, queueTimeoutMs: 4, timeoutAction: 'delay' },
  buckets: { batching: { policy: 'length-bucketed', maxBatch: 4, edges: [20], maxDelayMs: 2 } },
  'look-ahead': { batching: { policy: 'deadline-aware', maxBatch: 4, marginMs: 2 } },
  drops: { batching: { policy: 'cork', maxBatch: 4, maxLatencyMs: 15 } },
  'two choices': { ...small, routing: { policy: 'p2c', choices: 2, viewAgeMs: 0 } },
  'in turn': { ...small, routing: 'round-robin' },
}

describe.each(Object.entries(POOLS))('%s', (_, pool) => {
  const classPlan = { deadlineMs: 30, clientTimeoutMs: 25, cancels: pool.timeoutAction !== 'delay' }
  const system = hedgedSystemOf(pool, { classPlan })

  test('a simulated run keeps every promise, and its log leads to the same decisions', () => {
    const { rows, journal } = serve(system)
    const count = (outcome: number) =>
      rows.columns.outcome.filter((code) => code === outcome).length
    expect(rows.count).toBeGreaterThan(system.requests.count)
    expect(count(OUTCOME.withdrawn)).toBeGreaterThan(10)
    const { columns } = rows
    const fedBack = feedBack(system.plan, requestsIn(rows), journal, columns.copyOf)
    expect(feedbackDifferences(rows, fedBack)).toEqual([])
  })

  test.each([{}, { late: true }, { restless: true }, { failing: true }])(
    'a live run keeps every promise: %j',
    (troubles) => {
      const { rows } = replay(system, troubles)
      expect(rows.count).toBeGreaterThan(system.requests.count)
    },
  )
})

describe.each([
  ['full queues', [OUTCOME.shed], 1],
  ['late requests', [OUTCOME.timedOut], 8],
  ['failures of all kinds', [OUTCOME.shed, OUTCOME.timedOut, OUTCOME.failed], 1],
] as const)('%s are fatal', (_, fatal, afterMs) => {
  const pool = { ...small, maxLength: 2, queueTimeoutMs: 6 }
  const system = hedgedSystemOf(pool, { hedge: { afterMs, fatal } })
  const ends = (rows: ReturnType<typeof serve>['rows']) =>
    rows.columns.outcome.filter((outcome) => (fatal as readonly number[]).includes(outcome)).length

  test('a simulated run keeps every promise, and its log leads to the same decisions', () => {
    const { rows, journal } = serve(system)
    expect(ends(rows)).toBeGreaterThan(10)
    const fedBack = feedBack(system.plan, requestsIn(rows), journal, rows.columns.copyOf)
    expect(feedbackDifferences(rows, fedBack)).toEqual([])
    // the negative control: without fatal failures more copies are sent
    const { rows: lenient } = serve(hedgedSystemOf(pool, { hedge: { afterMs } }))
    expect(lenient.count).toBeGreaterThan(rows.count)
  })

  test.each([{}, { late: true }, { restless: true }, { failing: true }])(
    'a live run keeps every promise: %j',
    (troubles) => {
      expect(ends(replay(system, troubles).rows)).toBeGreaterThan(10)
    },
  )
})

describe.each([0, 2, 6, -1])('refusals with a pushback of %d ms', (retryPushbackMs) => {
  const admission = { ...OPEN_ADMISSION, retryPushbackMs }
  const pool = { ...small, maxLength: 1 }
  const hedge = { afterMs: 4, maxAttempts: 4 }
  const system = hedgedSystemOf({ ...pool, admission }, { hedge })

  test('a simulated run keeps every promise, and its log leads to the same decisions', () => {
    const { rows, journal } = serve(system)
    const fedBack = feedBack(system.plan, requestsIn(rows), journal, rows.columns.copyOf)
    expect(feedbackDifferences(rows, fedBack)).toEqual([])
    // the negative control: without pushback, other copies are sent
    const { rows: plain } = serve(hedgedSystemOf(pool, { hedge }))
    if (retryPushbackMs === 0) expect(plain.count).toBe(rows.count)
    else expect(plain.count).toBeGreaterThan(rows.count)
  })

  test.each([{}, { late: true }, { restless: true }, { failing: true }])(
    'a live run keeps every promise: %j',
    (troubles) => {
      const { rows } = replay(system, troubles)
      expect(rows.columns.outcome.filter((code) => code === OUTCOME.shed).length).toBeGreaterThan(
        10,
      )
    },
  )
})

/** Copies beside first copies, at an amount of work that leaves no answer within the delay. */
function copiesUnder(hedge: Partial<HedgePlan>) {
  const { rows } = serve(hedgedSystemOf(small, { hedge: { afterMs: 0.5, ...hedge } }))
  const { columns } = rows
  const ofFirst = [...columns.class.keys()].filter((key) => columns.class[key] === 0)
  const sent = ofFirst.filter((key) => columns.copyOf[key]! >= 0).length
  return sent / (ofFirst.length - sent)
}

test('a budget bounds copies by its share of requests, and tokens run out with failures', () => {
  expect(copiesUnder({ maxAttempts: 2 })).toBeGreaterThan(0.9)
  const ratio = 0.05
  const limited = copiesUnder({ budget: { ratio, burst: 1 } })
  expect(limited).toBeGreaterThan(0.8 * ratio)
  expect(limited).toBeLessThan(1.2 * ratio)
  expect(copiesUnder({ throttling: { maxTokens: 10, tokenRatio: 0.1 } })).toBeGreaterThan(1)
  expect(COPYING.maxAttempts).toBe(3)
})

/** Tied copies of each request, one right after the other; windows of 5 ms. */
function tiedSystem(
  at: readonly number[],
  {
    replicas = 2,
    pool = {},
    fanOut = 1,
  }: { replicas?: number; pool?: object; fanOut?: number } = {},
): SmallSystem {
  const hedge: HedgePlan = { ...COPYING, tied: true, afterMs: 0, maxAttempts: 2 }
  const classPlan = { ...ANY_CLASS, fanOut, hedge }
  const batching = { ...dynamic, maxBatch: 8, maxDelayMs: 5 } as const
  const plan = planOf(
    [{ replicas, perReplicaQueues: true, routing: 'round-robin', batching, ...pool }],
    { classes: [classPlan] },
  )
  const reaction = { follows: false, copies: true, leastPauseMs: () => Infinity }
  const reactions = { untilMs: COPYING.untilMs, classes: [reaction] }
  return {
    plan: { ...plan, reactions } as SmallSystem['plan'],
    requests: requestsOf(at),
    work: [{ law: 'linear', base_ms: 3, per_item_ms: 1, per_token_ms: 0 }],
  }
}

/** Requests of which more than one copy ran. */
function ranTwice({ columns }: ReturnType<typeof serve>['rows']): number {
  const ran = new Map<number, number>()
  for (const [key, batch] of columns.batch.entries()) {
    const first = columns.copyOf[key]! < 0 ? key : columns.copyOf[key]!
    if (batch >= 0) ran.set(first, (ran.get(first) ?? 0) + 1)
  }
  return [...ran.values()].filter((count) => count > 1).length
}

describe.each(worldNames)('of tied copies whose windows close at one instant (%s)', (world) => {
  const run = (system: SmallSystem) => worlds[world](system).rows

  test('one starts: two requests at 0 ms, two replicas in turn, a window of 5 ms', () => {
    const { served, withdrawn } = OUTCOME
    const { columns } = run(tiedSystem([0, 0]))
    // copies of requests 0 and 1 go to queues 0 and 1, further ones to queues 1 and 0
    expect([...columns.queue]).toEqual([0, 1, 1, 0])
    expect([...columns.copyOf]).toEqual([-1, -1, 0, 1])
    // the replica that looks first starts a copy of each, so the other one has none left
    expect([...columns.outcome]).toEqual([served, withdrawn, withdrawn, served])
    const [firstStart, , , secondStart] = columns.dispatched
    expect(firstStart).toBe(secondStart)
    expect(firstStart).toBeGreaterThanOrEqual(5)
  })

  test('one starts of each of many, at three replicas', () => {
    const at = Array.from({ length: 400 }, (_, i) => 2.5 * Math.floor(i / 2))
    const rows = run(tiedSystem(at, { replicas: 3 }))
    expect(rows.count).toBe(2 * at.length)
    expect(ranTwice(rows)).toBe(0)
  })

  test('one starts where the end of the traffic closes all windows', () => {
    const system = tiedSystem([0, 0, 0.5], { pool: { batching: { policy: 'fixed', batch: 8 } } })
    expect(ranTwice(run(system))).toBe(0)
  })
})

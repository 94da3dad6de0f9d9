import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import {
  keptReplication,
  recordRun,
  runReplication,
  simulationInput,
} from '../sim/experiment/index.ts'
import { type EjectionPlan, OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import { playBack, type Rows } from '../sim/stats/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'
import { expectPromisesKept } from './kept-promises.ts'
import { replay } from './manual-world.ts'
import { ejectionPolicies, systemEjecting } from './random-ejection.ts'
import { patient, planOf, requestsOf, type SmallSystem, serve } from './small-system.ts'

/** Replicas that fail requests get none for a while. */

const runs: Readonly<Record<string, (system: SmallSystem) => ReturnType<typeof serve>['rows']>> = {
  simulated: (system) => serve(system, { audited: false }).rows,
  'live, on a clock that is set by hand': (system) => replay(system, { audited: false }).rows,
  'live, with batches that fail': (system) =>
    replay(system, { failing: true, audited: false }).rows,
}

describe.each(ejectionPolicies)('random systems with %s', (policy) => {
  test.each(Object.keys(runs))('keep every promise: %s', (name) => {
    fc.assert(
      fc.property(systemEjecting(policy), (system) => {
        expectPromisesKept({ ...system, rows: runs[name]!(system) })
      }),
      { numRuns: 100 },
    )
  })

  test('decide alike in both worlds', () => {
    fc.assert(
      fc.property(systemEjecting(policy), (system) => {
        const [simulated, live] = [serve(system).rows.columns, replay(system).rows.columns]
        for (const name of ['queue', 'sent', 'done', 'outcome', 'refusal'] as const) {
          expect(live[name]).toEqual(simulated[name])
        }
      }),
      { numRuns: 60 },
    )
  })

  test('negative control: a router that ignores ejections breaks the promise', () => {
    const broken = fc.sample(systemEjecting(policy), { numRuns: 60, seed: 7 }).map((system) => {
      const pools = system.plan.pools.map(({ ejection: _, ...pool }) => pool)
      const { rows } = serve({ ...system, plan: { ...system.plan, pools } }, { audited: false })
      const { rules } = auditRows(system.plan, rows.columns, system.requests.columns)
      return rules.find(({ rule }) => rule === 'ejections')!.violations
    })
    expect(broken.filter((violations) => violations > 0).length).toBeGreaterThan(10)
  })
})

const envoy: EjectionPlan = {
  policy: 'envoy-outlier',
  timeoutsCount: true,
  consecutive5xx: 1,
  intervalMs: 7.03,
  baseEjectionMs: 3.07,
  maxEjectionMs: 15,
  maxEjectionPercent: 100,
  alwaysEjectOne: false,
  enforcesConsecutive5xx: true,
  successRate: { enforced: false, minimumHosts: 1, requestVolume: 1, stdevFactor: 0 },
  failurePercentage: { enforced: false, minimumHosts: 1, requestVolume: 1, threshold: 30 },
  panicThresholdPercent: 0,
}
const linkerd: EjectionPlan = {
  policy: 'linkerd-accrual',
  timeoutsCount: true,
  maxFailures: 1,
  minPenaltyMs: 2.03,
  maxPenaltyMs: 10.07,
  jitterRatio: 0,
}

describe.each([envoy, linkerd])('all replicas fail, and no request ends after: $policy', (plan) => {
  // each replica gets one request, which waits 1 ms for another one to make a batch
  function failing(ejection: EjectionPlan): SmallSystem {
    const pool = {
      replicas: 2,
      perReplicaQueues: true,
      routing: {
        policy: 'prefix-affinity',
        cacheThreshold: 0,
        balanceAbs: 0,
        balanceRel: 1,
        lruBlocks: 3,
      },
      maxLength: 1,
      queueTimeoutMs: 1,
      batching: { policy: 'fixed', batch: 2 },
      ejection,
    } as const
    const classes = patient(4).map((classPlan) => ({ ...classPlan, queueTimeoutMs: 3 }))
    const work = [{ law: 'linear', base_ms: 0.5, per_item_ms: 0, per_token_ms: 0 }] as const
    return { plan: planOf([pool], { classes }), requests: requestsOf([0, 1, 2, 2]), work }
  }
  const system = failing(plan)
  const late = { ...system, requests: requestsOf([0, 1, 2, 2, 8]) }
  /** The rows that are found to be refused while a replica was open. */
  function refusedRows({ plan: promises, requests }: SmallSystem, { columns }: Rows) {
    const { rules } = auditRows(promises, columns, requests.columns)
    return rules.find(({ rule }) => rule === 'replicas')!.first.flatMap(({ rows }) => rows)
  }

  test.each(Object.keys(runs))('requests that arrive at that instant are refused: %s', (name) => {
    const rows = runs[name]!(system)
    const { none, unavailable } = REFUSAL
    expect([...rows.columns.refusal]).toEqual([none, none, unavailable, unavailable])
    expectPromisesKept({ ...system, rows })
  })

  test('negative control: where timeouts are no failures, these refusals are found', () => {
    const lenient = failing({ ...plan, timeoutsCount: false })
    expect(refusedRows(lenient, serve(system).rows)).toEqual([2, 3])
  })

  test('negative control: a refusal when replicas are back is found', () => {
    const { rows } = serve(late)
    expect(rows.columns.refusal[4]).toBe(REFUSAL.none)
    rows.columns.outcome[4] = OUTCOME.shed
    rows.columns.refusal[4] = REFUSAL.unavailable
    rows.columns.done[4] = 8
    expect(refusedRows(late, rows)).toEqual([4])
  })
})

test('a draw includes a replica after the end of its last penalty, also without a later event', () => {
  const pool = {
    replicas: 3,
    perReplicaQueues: true,
    routing: 'random',
    ejection: linkerd,
  } as const
  const plan = planOf([pool], { classes: patient(4) })
  // the last but one takes so long that its client leaves, and the last one goes elsewhere
  const requests = requestsOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 17], {
    lengths: [1, 1, 1, 1, 1, 1, 1, 1, 50, 1],
  })
  const work = [{ law: 'linear', base_ms: 0.5, per_item_ms: 0, per_token_ms: 0.1 }] as const
  const { outcome, queue } = serve({ plan, requests, work }).rows.columns
  expect(outcome[8]).toBe(OUTCOME.abandoned)
  expect(queue[9]).not.toBe(queue[8])
})

/** Ten replicas, of which the first ones fail every request. */
function fleet(failing: number, ejection: string, rest = '') {
  const replicas = Array.from({ length: failing }, (_, i) => i)
  return simulationInput(
    parseScenario(
      `
spillway: 1
name: ejecting
duration_s: 300
models: { m: { work: { law: linear, base_ms: 0.01 } } }
traffic: [{ class: a, arrivals: { process: poisson, rate_rps: 100 } }]
pools:
  - name: p
    model: m
    replicas: 10
    queue: { mode: per-replica, routing: round-robin }
${ejection === '' ? '' : `    outlier_detection: { ${ejection} }`}
failures: [{ kind: errors, replicas: [${replicas}], at_s: [0], for_s: 1000, share: 1 }]
${rest}`,
      { file: 'x.yaml' },
    ).scenario,
  )
}

const REPLICATIONS = 5
const summaries = (input: ReturnType<typeof fleet>) =>
  Array.from({ length: REPLICATIONS }, (_, replication) => runReplication(input, replication))

/** Round robin gives each replica the same number of requests, so the share has no scatter. */
function expectShare(input: ReturnType<typeof fleet>, theory: number) {
  const { failed, arrived } = runReplication(input, 0).classes[0]!.counts
  expect(arrived).toBeGreaterThan(25_000)
  expect(failed / arrived).toBeCloseTo(theory, 3)
}

describe('a replica of ten fails every request', () => {
  test('without ejection a tenth is lost', () => {
    expectShare(fleet(1, ''), 0.1)
  })

  // back at 40, 110 and 210 s: the first analyses 30, 60 and 90 s after 5 failures
  test('as in Envoy it costs 5 requests an ejection, of which there are 4 in 300 s', () => {
    for (const { classes, ejections } of summaries(fleet(1, 'policy: envoy-outlier'))) {
      const { by, ejectedS, panicS, replicas } = ejections![0]!
      expect(by).toEqual({ consecutive: 4, 'success-rate': 0, 'failure-percentage': 0 })
      expect(classes[0]!.counts.failed).toBe(20)
      // each time it takes half a second to fail 5 requests
      expect(ejectedS).toBeGreaterThan(295)
      expect(ejectedS).toBeLessThan(300)
      expect(panicS).toBe(0)
      expect(replicas.filter(({ ejections: count }) => count > 0)).toHaveLength(1)
    }
  })

  test('as in Linkerd it costs 7 requests, and one a probe', () => {
    const input = fleet(1, 'policy: linkerd-accrual, jitter_ratio: 0')
    for (const { classes, ejections } of summaries(input)) {
      // penalties of 1, 2, 4, 8, 16, 32, then 60 s: about 9 within 300 s
      const { consecutive } = ejections![0]!.by
      expect(consecutive).toBeGreaterThanOrEqual(9)
      expect(consecutive).toBeLessThanOrEqual(10)
      expect(classes[0]!.counts.failed).toBe(7 + consecutive - 1)
    }
  })

  test('of nine replicas Envoy ejects none by default, and a ninth is lost', () => {
    const nine = fleet(1, 'policy: envoy-outlier', '')
    const { scenario } = nine
    const pools = scenario.pools.map((pool) => ({ ...pool, replicas: 9 }))
    const input = simulationInput({ ...scenario, pools })
    expectShare(input, 1 / 9)
    expect(runReplication(input, 0).ejections![0]!.by.consecutive).toBe(0)
  })
})

describe('six replicas of ten fail every request', () => {
  const ejectsAll = 'policy: envoy-outlier, max_ejection_percent: 100'

  test('in a panic requests go to all ten, and six tenths are lost', () => {
    // ejections of less than half of them last a moment only
    expectShare(fleet(6, ejectsAll), 0.6)
  })

  test('without a panic a few are lost', () => {
    const { failed } = runReplication(fleet(6, `${ejectsAll}, panic_threshold_percent: 0`), 0)
      .classes[0]!.counts
    expect(failed).toBe(6 * 4 * 5)
  })

  test('where all are ejected and there is no panic, requests are refused as unavailable', () => {
    const input = fleet(10, `${ejectsAll}, panic_threshold_percent: 0`)
    const { rows } = keptReplication(input, 0)
    const refused = rows.columns.refusal.filter((why) => why === REFUSAL.unavailable).length
    const failed = rows.columns.outcome.filter((how) => how === OUTCOME.failed).length
    expect(failed + refused).toBe(rows.count)
    expect(failed).toBe(10 * 4 * 5)
  })
})

test('the ejections that rows keep give the same figures as those of the run', () => {
  const input = fleet(2, 'policy: envoy-outlier, max_ejection_percent: 20')
  const kept = keptReplication(input, 0)
  const { rows } = kept
  const replay = { ...input, expected: null, replication: 0, simulated: null }
  const recording = playBack(kept, (requests) => recordRun({ ...replay, requests }))
  expect(recording.summary('').ejections).toEqual(runReplication(input, 0).ejections)
  const { violations } = auditRows(
    promisesOf(input.scenario),
    rows.columns,
    requestsIn(rows).columns,
    [],
  )
  expect(violations).toBe(0)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AuditReport, auditRows } from '../sim/audit/index.ts'
import { knownRun } from '../sim/experiment/comparison/known-machine.test-helper.ts'
import { Random } from '../sim/kernel/index.ts'
import { type BatchingPlan, batchPolicies, type ServingPlan } from '../sim/serving/index.ts'
import { Rows } from '../sim/stats/index.ts'
import type { RequestList } from '../sim/traffic/index.ts'
import { dynamic } from './audited-systems.ts'
import { expectPromisesKept } from './kept-promises.ts'
import { serveOnKnownMachine } from './known-machine.ts'
import { replay } from './manual-world.ts'
import { runWithMemory } from './memory-world.ts'
import {
  admissionKinds,
  disciplines,
  disciplinesFor,
  systemAdmitting,
  systemUnder,
} from './random-system.ts'
import { planOf, requestsOf, type SmallSystem, serve } from './small-system.ts'

interface Run {
  readonly plan: ServingPlan
  readonly requests: RequestList
  readonly rows: Rows
}

const auditOf = ({ plan, rows, requests }: Run) => auditRows(plan, rows.columns, requests.columns)

const texts = (report: AuditReport) =>
  report.rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))

const policies = Object.keys(batchPolicies) as (keyof typeof batchPolicies)[]

/** Runs of one system, simulated and live, on a perfect machine or with disturbances. */
const runs: Readonly<Record<string, (system: SmallSystem) => Run>> = {
  'simulated, on an ideal machine': (system) => ({ ...system, ...serve(system) }),
  'simulated, with overheads and stalls': serveOnKnownMachine,
  'live, on a clock that is set by hand': (system) => ({ ...system, ...replay(system) }),
  'live, late and restless': (system) => ({
    ...system,
    ...replay(system, { late: true, restless: true }),
  }),
  'live, with batches that fail': (system) => ({
    ...system,
    ...replay(system, { failing: true }),
  }),
  'with batches that fail at once': (system) => ({ ...system, ...failAtOnce(system) }),
}

/** Many batches begin and end at one instant. */
function failAtOnce(system: SmallSystem) {
  const random = new Random('failing at once')
  return runWithMemory(system, ({ size }) => 1 + size / 2, { fails: () => random.uniform() < 0.6 })
}

const underAny = (policy: keyof typeof batchPolicies) =>
  fc.oneof(...disciplinesFor(policy).map((discipline) => systemUnder(policy, discipline)))

const tables = [
  ...policies.map((policy) => ({ name: policy, systems: systemUnder(policy) })),
  ...disciplines.map((discipline) => ({
    name: discipline,
    systems: systemUnder('dynamic', discipline),
  })),
  ...(['aimd', 'cork', 'deadline-aware', 'length-bucketed'] as const).map((policy) => ({
    name: `${policy} under any discipline`,
    systems: underAny(policy),
  })),
  ...admissionKinds.map((kind) => ({ name: kind, systems: systemAdmitting(kind) })),
]

describe.each(Object.keys(runs))('%s: random systems keep every promise', (name) => {
  test.each(tables)('$name', ({ systems }) => {
    fc.assert(
      fc.property(systems, (system) => {
        expectPromisesKept(runs[name]!(system))
      }),
      { numRuns: 100 },
    )
  })
})

describe('batches of one instant are checked in the order of their dispatch', () => {
  const newestFirst = {
    order: { discipline: 'lifo' },
    batching: { policy: 'cork', maxBatch: 2, maxLatencyMs: 90 },
    perReplicaQueues: true,
  } as const
  // while the first two run, nine requests queue; then each batch fails as it begins
  const system: SmallSystem = {
    plan: planOf([newestFirst]),
    requests: requestsOf([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
    work: [{ law: 'constant', ms: 15 }],
  }
  const run = () => runWithMemory(system, () => 15, { fails: (_, call) => call > 0 })

  test('the last may be smaller, although it has the requests that came first', () => {
    const { rows } = run()
    expectPromisesKept({ ...system, rows })
    expect(new Set(rows.columns.dispatched.slice(2)).size).toBe(1)
    expect([...rows.columns.batch]).toEqual([0, 0, 5, 4, 4, 3, 3, 2, 2, 1, 1])
  })

  test('unless the smaller one went first', () => {
    const { columns } = run().rows
    const batch = columns.batch.map((number) => (number === 0 ? number : 6 - number))
    const spoilt = Rows.of({ ...columns, batch })
    expect(texts(auditOf({ ...system, rows: spoilt }))).toEqual([
      expect.stringMatching(/^corked: row 2: a batch of 1 at 16.000 ms, with 9 waiting/),
    ])
  })
})

const COUNTING = ['preferred-size', 'delay', 'idle']

/** Rules on the time and size of batches. */
const BATCHING_RULES: { readonly [P in keyof typeof batchPolicies]: readonly string[] } = {
  none: COUNTING,
  fixed: COUNTING,
  dynamic: COUNTING,
  aimd: ['adaptive-size'],
  cork: ['corked'],
  'deadline-aware': ['slack'],
  'length-bucketed': ['buckets'],
}

test.each(policies)('every rule checks something: %s', (policy) => {
  const checked = new Map<string, number>()
  for (const system of fc.sample(underAny(policy), { numRuns: 400, seed: 1 })) {
    for (const { rule, checked: looked } of auditOf({ ...system, ...serve(system) }).rules) {
      checked.set(rule, (checked.get(rule) ?? 0) + looked)
    }
  }
  expect(checked.size).toBeGreaterThan(10)
  const idle = [...checked].filter(([, count]) => count === 0).map(([rule]) => rule)
  const others = new Set(Object.values(BATCHING_RULES).flat())
  for (const rule of BATCHING_RULES[policy]) others.delete(rule)
  // rules of generation, memory, copies, proxies, shared cards, lost and ejected replicas apply
  // only to those, and fair disciplines to no buckets
  const unfair = policy === 'length-bucketed' ? ['fairness'] : []
  // adaptive LIFO applies only to batches by number
  const turning = ['none', 'fixed', 'dynamic'].includes(policy) ? [] : ['adaptive-lifo']
  const engines = [
    'replicas',
    'failed-batches',
    'capped-sends',
    'ejections',
    'replica-budget',
    'given-back',
    'copies',
    'client-retries',
    'retries',
    'circuit-breaker',
    'sequence-slots',
    'kv-cache',
    'memory',
    'tokens',
    'time-slices',
    'networks',
  ]
  expect(new Set(idle)).toEqual(new Set([...engines, ...unfair, ...turning, ...others]))
})

describe('long runs on a known machine keep every promise', () => {
  const batchings: BatchingPlan[] = [
    { policy: 'none' },
    { policy: 'fixed', batch: 8 },
    dynamic,
    { ...dynamic, preferred: [2, 4] },
    { ...dynamic, maxDelayMs: 0 },
  ]
  const cases = batchings.flatMap((batching) =>
    [1, 2].flatMap((replicas) => [0.3, 0.85].map((load) => ({ batching, replicas, load }))),
  )
  test.each(cases)('$batching.policy, $replicas replicas, load $load', (options) => {
    // a load of 1 means full batches; single requests have a good half of that capacity
    const load = options.batching.policy === 'none' ? options.load / 2 : options.load
    const run = knownRun({ ...options, load, seconds: 10, stillShare: 0.05 })
    expect(run.rows.count).toBeGreaterThan(1000)
    expectPromisesKept(run)
  })
})

test('a report has the text of each promise, and at most five violations of each rule', () => {
  const run = knownRun({ load: 0.5, seconds: 1 })
  const padded = run.rows.columns.padded.map((length) => length + 1)
  const report = auditOf({ ...run, rows: Rows.of({ ...run.rows.columns, padded }) })
  for (const { promise } of report.rules) expect(promise).toMatch(/^[^\n]{40,90}$/)
  const broken = report.rules.filter(({ violations }) => violations > 0)
  expect(broken.map(({ rule }) => rule)).toEqual(['padding'])
  expect(broken[0]!.first).toHaveLength(5)
  expect(broken[0]!.violations).toBe(broken[0]!.checked)
  expect(report.violations).toBe(broken[0]!.violations)
})

test('rows of other requests, or of none, are named', () => {
  const run = knownRun({ load: 0.5, seconds: 1 })
  const fewer = Rows.allocate(run.rows.count - 1)
  const report = auditOf({ ...run, rows: fewer })
  const [conservation] = report.rules
  expect(conservation!.violations).toBe(run.rows.count)
  expect(texts(report)[0]).toBe(
    `conservation: row ${fewer.count}: ${run.rows.count} requests were sent, but there are ` +
      `${fewer.count} rows`,
  )
})

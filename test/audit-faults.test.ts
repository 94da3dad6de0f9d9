import { describe, expect, test } from 'vitest'
import { auditRows } from '../sim/audit/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type PoolPlan, type ServingPlan } from '../sim/serving/index.ts'
import { admissionFaults, type Fault } from './audit-admission-faults.ts'
import { aimd, dynamic, systemOf, unequal } from './audited-systems.ts'
import { replay } from './manual-world.ts'
import { patient, type SmallSystem, serve } from './small-system.ts'

const windowed = (maxDelayMs: number) => ({ batching: { ...dynamic, maxDelayMs } })
const sized = (maxBatch: number) => ({ batching: { ...dynamic, maxBatch } })
const preferring = (...preferred: number[]) => ({ batching: { ...dynamic, preferred } })
const filled = (batch: number) => ({ batching: { policy: 'fixed' as const, batch } })
const tight = { batching: { ...dynamic, maxBatch: 2 } }
const ordered = (order: PoolPlan['order']) => ({ ...tight, order })
const fifo = ordered({ discipline: 'fifo' })
const lifo = ordered({ discipline: 'lifo' })
const strict = ordered({ discipline: 'priority', ageingMs: Number.POSITIVE_INFINITY })
const classes = { classes: unequal }
const urgent = { classes: unequal.map((plan) => ({ ...plan, deadlineMs: plan.deadlineMs / 2 })) }
const corking = (maxLatencyMs: number) => ({
  batching: { policy: 'cork' as const, maxBatch: 6, maxLatencyMs },
})
const slackBy = (marginMs: number) => ({
  batching: { policy: 'deadline-aware' as const, maxBatch: 6, marginMs },
})
const bucketsOf = (...edges: number[]) => ({
  batching: { policy: 'length-bucketed' as const, maxBatch: 6, edges, maxDelayMs: 4 },
})
const queues = { perReplicaQueues: true, replicas: 3 }

const faults: readonly Fault[] = [
  { rule: 'batch-size', what: 'twice the batch', promised: sized(4), runs: sized(8) },
  { rule: 'preferred-size', what: 'one less', promised: sized(6), runs: sized(5) },
  { rule: 'delay', what: 'a shorter window', promised: windowed(4), runs: windowed(3.6) },
  { rule: 'idle', what: 'a longer window', promised: windowed(4), runs: windowed(4.4) },
  { rule: 'idle', what: 'a window instead of none', promised: windowed(0), runs: windowed(1) },
  { rule: 'preferred-size', what: 'no preferences', promised: preferring(2), runs: preferring() },
  { rule: 'preferred-size', what: 'others', promised: preferring(2, 4), runs: preferring(3) },
  { rule: 'batch-size', what: 'fixed, one less', promised: filled(4), runs: filled(3) },
  { rule: 'idle', what: 'fixed, one more', promised: filled(4), runs: filled(5) },
  { rule: 'executor', what: 'an executor more', promised: { replicas: 1 }, runs: { replicas: 2 } },
  { rule: 'idle', what: 'an executor less', promised: { replicas: 2 }, runs: { replicas: 1 } },
  {
    rule: 'bounds',
    what: 'one more waits',
    promised: { ...tight, maxLength: 8 },
    runs: { ...tight, maxLength: 9 },
  },
  {
    rule: 'bounds',
    what: 'one less waits',
    promised: { ...tight, maxLength: 9 },
    runs: { ...tight, maxLength: 8 },
  },
  {
    rule: 'queue-timeout',
    what: 'shorter',
    promised: { ...tight, queueTimeoutMs: 10 },
    runs: { ...tight, queueTimeoutMs: 9.9 },
  },
  {
    rule: 'queue-timeout',
    what: 'longer',
    promised: { ...tight, queueTimeoutMs: 10 },
    runs: { ...tight, queueTimeoutMs: 10.1 },
  },
  {
    rule: 'queue-timeout',
    what: 'one at all',
    promised: tight,
    runs: { ...tight, queueTimeoutMs: 9 },
  },
  { rule: 'order', what: 'last in, first out', promised: fifo, runs: lifo },
  { rule: 'order', what: 'first in, first out', promised: lifo, runs: fifo },
  { rule: 'order', what: 'no priorities', promised: strict, runs: fifo, rest: classes },
  {
    rule: 'order',
    what: 'less ageing',
    promised: ordered({ discipline: 'priority', ageingMs: 10 }),
    runs: ordered({ discipline: 'priority', ageingMs: 9 }),
    rest: classes,
  },
  {
    rule: 'order',
    what: 'no deadlines',
    promised: ordered({ discipline: 'earliest-deadline' }),
    runs: fifo,
    rest: classes,
  },
  {
    rule: 'order',
    what: 'predictions instead of lengths',
    promised: ordered({ discipline: 'shortest-job', predictionCv: 0 }),
    runs: ordered({ discipline: 'shortest-job', predictionCv: 0.1 }),
  },
  {
    rule: 'order',
    what: 'the newest of a tenant first',
    promised: ordered({ discipline: 'deficit-round-robin', quantum: 20 }),
    runs: lifo,
    rest: classes,
  },
  {
    rule: 'order',
    what: 'requests past their time-out in FIFO order',
    promised: { ...fifo, queueTimeoutMs: 5, timeoutAction: 'delay' },
    runs: fifo,
  },
  {
    rule: 'fairness',
    what: 'FIFO',
    promised: ordered({ discipline: 'virtual-token-counter' }),
    runs: fifo,
    rest: classes,
  },
  {
    rule: 'fairness',
    what: 'longer turns',
    promised: ordered({ discipline: 'deficit-round-robin', quantum: 20 }),
    runs: ordered({ discipline: 'deficit-round-robin', quantum: 400 }),
    rest: classes,
  },
  {
    rule: 'queue-timeout',
    what: 'waits instead of leaving',
    promised: { ...tight, queueTimeoutMs: 9 },
    runs: { ...tight, queueTimeoutMs: 9, timeoutAction: 'delay' },
  },
  {
    rule: 'queue-timeout',
    what: 'no override',
    promised: { ...tight, queueTimeoutMs: 9, timeoutOverride: true },
    runs: { ...tight, queueTimeoutMs: 9 },
    rest: classes,
  },
  {
    rule: 'bounds',
    what: 'of a level, one less',
    promised: { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 4 }] },
    runs: { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 3 }] },
    rest: classes,
  },
  {
    rule: 'bounds',
    what: 'of a level, one more',
    promised: { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 3 }] },
    runs: { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 4 }] },
    rest: classes,
  },
  {
    rule: 'adaptive-size',
    what: 'another target',
    promised: { batching: aimd },
    runs: { batching: { ...aimd, targetMs: 4.2 } },
  },
  {
    rule: 'adaptive-size',
    what: 'a steeper decrease',
    promised: { batching: aimd },
    runs: { batching: { ...aimd, decrease: 0.8 } },
  },
  {
    rule: 'adaptive-size',
    what: 'a shorter window',
    promised: { batching: aimd },
    runs: { batching: { ...aimd, maxDelayMs: 3.6 } },
  },
  {
    rule: 'adaptive-size',
    what: 'a longer window',
    promised: { batching: aimd },
    runs: { batching: { ...aimd, maxDelayMs: 6 } },
  },
  { rule: 'corked', what: 'a shorter limit', promised: corking(20), runs: corking(19) },
  { rule: 'corked', what: 'a longer limit', promised: corking(19), runs: corking(20) },
  {
    rule: 'corked',
    what: 'no cork',
    promised: corking(20),
    runs: { batching: { ...dynamic, maxDelayMs: 0 } },
  },
  {
    rule: 'slack',
    what: 'a smaller margin',
    promised: slackBy(0.5),
    runs: slackBy(0.3),
    rest: urgent,
  },
  {
    rule: 'slack',
    what: 'a larger margin',
    promised: slackBy(0.5),
    runs: slackBy(0.7),
    rest: urgent,
  },
  {
    rule: 'buckets',
    what: 'other edges',
    promised: bucketsOf(10, 35),
    runs: bucketsOf(10, 36),
  },
  { rule: 'buckets', what: 'all lengths alike', promised: bucketsOf(35), runs: sized(6) },
  { rule: 'padding', what: 'ragged', promised: { ragged: false }, runs: { ragged: true } },
  { rule: 'padding', what: 'padded', promised: { ragged: true }, runs: { ragged: false } },
  { rule: 'padding', what: 'not at all', promised: { padTo: 8 }, runs: { padTo: 1 } },
  {
    rule: 'routing',
    what: 'round robin instead of least loaded',
    promised: { ...queues, routing: 'least-loaded' },
    runs: { ...queues, routing: 'round-robin' },
  },
  {
    rule: 'routing',
    what: 'least loaded instead of round robin',
    promised: { ...queues, routing: 'round-robin' },
    runs: { ...queues, routing: 'least-loaded' },
  },
  ...admissionFaults,
]

const worlds = {
  simulated: (system: SmallSystem) => serve(system),
  live: (system: SmallSystem) => replay(system),
  'late live': (system: SmallSystem) => replay(system, { late: true }),
} as const
const names = Object.keys(worlds) as (keyof typeof worlds)[]

describe.each(names)('a %s control plane that breaks a promise is detected', (world) => {
  test.each(faults)('$rule: $what', ({ rule, promised, runs, rest }) => {
    const { plan } = systemOf([promised], rest)
    const system = systemOf([runs], rest)
    const { rows } = worlds[world](system)
    const broken = (promises: ServingPlan) =>
      auditRows(promises, rows.columns, system.requests.columns)
        .rules.filter(({ violations }) => violations > 0)
        .map((report) => report.rule)
    expect(broken(system.plan)).toEqual([])
    expect(broken(plan)).toContain(rule)
  })

  test('conservation: requests have fewer parts than promised', () => {
    const inParts = (fanOut: number) =>
      systemOf([{ ...tight, ...queues }], { classes: [{ ...ANY_CLASS, fanOut }] })
    const { columns } = worlds[world](inParts(2)).rows
    const { rules } = auditRows(inParts(3).plan, columns, inParts(3).requests.columns)
    const broken = rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
    expect(broken).toContain('conservation')
  })

  test('models: requests go to pools of any model', () => {
    const asking = (...pools: readonly (readonly number[] | null)[]) =>
      systemOf([tight, {}], { classes: pools.map((entries) => ({ ...ANY_CLASS, pools: entries })) })
    const { columns } = worlds[world](asking(null, null)).rows
    const promised = asking([0], [1])
    const { rules } = auditRows(promised.plan, columns, promised.requests.columns)
    const broken = rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
    expect(broken).toEqual(['models'])
  })

  test('routing: a class has fewer pools than promised', () => {
    const asking = (...pools: readonly (readonly number[] | null)[]) =>
      systemOf([tight, {}, {}], {
        routing: 'round-robin',
        classes: pools.map((entries) => ({ ...ANY_CLASS, pools: entries })),
      })
    const { columns } = worlds[world](asking([0, 1], [2])).rows
    const promised = asking([0, 1], [0, 1, 2])
    const { rules } = auditRows(promised.plan, columns, promised.requests.columns)
    const broken = rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
    expect(broken).toEqual(['routing'])
  })

  test('patience: client timeouts are drawn from another distribution', () => {
    const drawn = (max: number) =>
      systemOf([tight], {
        classes: [{ ...ANY_CLASS, drawnClientTimeout: { distribution: 'uniform', min: 5, max } }],
      })
    const { columns } = worlds[world](drawn(40)).rows
    const { rules } = auditRows(drawn(30).plan, columns, drawn(30).requests.columns)
    const broken = rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
    expect(broken).toEqual(['patience'])
  })

  test('patience: client timeouts are longer than promised', () => {
    const system = systemOf([tight], { classes: patient(40) })
    const { plan } = systemOf([tight], { classes: patient(10) })
    const { columns } = worlds[world](system).rows
    const { rules } = auditRows(plan, columns, system.requests.columns)
    const broken = rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
    expect(broken).toEqual(['patience'])
  })
})

import { describe, expect, test } from 'vitest'
import { auditRows } from '../sim/audit/index.ts'
import { ANY_CLASS, PLAIN_QUEUE, type PoolPlan, type RoutingPlan } from '../sim/serving/index.ts'
import type { Rows } from '../sim/stats/index.ts'
import { admissionFaults, type Fault, faultsOf } from './audit-admission-faults.ts'
import { aimd, dynamic, systemOf, unequal } from './audited-systems.ts'
import { worldNames, worlds } from './manual-world.ts'
import { patient, type SmallSystem } from './small-system.ts'

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
const lengthThreshold = (thresholdTokens: number) =>
  ({ policy: 'length-threshold', thresholdTokens, short: 0, long: 1 }) as const
const prefixAffinity = (cacheThreshold: number, balanceAbs: number) =>
  ({
    policy: 'prefix-affinity',
    cacheThreshold,
    balanceAbs,
    balanceRel: 1.5,
    lruBlocks: 40,
  }) as const
const picking = (queue: number, prefixCache: number, lruBlocks = 1000) =>
  ({
    policy: 'endpoint-picker',
    scorers: { queue, running: 0, kvCache: 0, prefixCache, loadAware: 0 },
    picker: 'max-score',
    lruBlocks,
    viewAgeMs: 3,
  }) as const
const spillOver = (maxLoad: number) => ({ policy: 'spill-over', maxLoad, viewAgeMs: 0 }) as const

const faults: readonly Fault[] = [
  ...admissionFaults,
  ...faultsOf({
    'batch-size': [
      ['twice the batch', sized(4), sized(8)],
      ['fixed, one less', filled(4), filled(3)],
    ],
    'preferred-size': [
      ['one less', sized(6), sized(5)],
      ['no preferences', preferring(2), preferring()],
      ['others', preferring(2, 4), preferring(3)],
    ],
    delay: [['a shorter window', windowed(4), windowed(3.6)]],
    idle: [
      ['a longer window', windowed(4), windowed(4.4)],
      ['a window instead of none', windowed(0), windowed(1)],
      ['fixed, one more', filled(4), filled(5)],
      ['an executor less', { replicas: 2 }, { replicas: 1 }],
    ],
    executor: [['an executor more', { replicas: 1 }, { replicas: 2 }]],
    bounds: [
      ['one more waits', { ...tight, maxLength: 8 }, { ...tight, maxLength: 9 }],
      ['one less waits', { ...tight, maxLength: 9 }, { ...tight, maxLength: 8 }],
      [
        'of a level, one less',
        { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 4 }] },
        { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 3 }] },
        classes,
      ],
      [
        'of a level, one more',
        { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 3 }] },
        { ...strict, levels: [{ ...PLAIN_QUEUE, priority: 2, maxLength: 4 }] },
        classes,
      ],
    ],
    'queue-timeout': [
      ['shorter', { ...tight, queueTimeoutMs: 10 }, { ...tight, queueTimeoutMs: 9.9 }],
      ['longer', { ...tight, queueTimeoutMs: 10 }, { ...tight, queueTimeoutMs: 10.1 }],
      ['one at all', tight, { ...tight, queueTimeoutMs: 9 }],
      [
        'waits instead of leaving',
        { ...tight, queueTimeoutMs: 9 },
        { ...tight, queueTimeoutMs: 9, timeoutAction: 'delay' },
      ],
      [
        'no override',
        { ...tight, queueTimeoutMs: 9, timeoutOverride: true },
        { ...tight, queueTimeoutMs: 9 },
        classes,
      ],
    ],
    order: [
      ['last in, first out', fifo, lifo],
      ['first in, first out', lifo, fifo],
      ['no priorities', strict, fifo, classes],
      [
        'less ageing',
        ordered({ discipline: 'priority', ageingMs: 10 }),
        ordered({ discipline: 'priority', ageingMs: 9 }),
        classes,
      ],
      ['no deadlines', ordered({ discipline: 'earliest-deadline' }), fifo, classes],
      [
        'predictions instead of lengths',
        ordered({ discipline: 'shortest-job', predictionCv: 0 }),
        ordered({ discipline: 'shortest-job', predictionCv: 0.1 }),
      ],
      [
        'the newest of a tenant first',
        ordered({ discipline: 'deficit-round-robin', quantum: 20 }),
        lifo,
        classes,
      ],
      [
        'requests past their time-out in FIFO order',
        { ...fifo, queueTimeoutMs: 5, timeoutAction: 'delay' },
        fifo,
      ],
    ],
    fairness: [
      ['FIFO', ordered({ discipline: 'virtual-token-counter' }), fifo, classes],
      [
        'longer turns',
        ordered({ discipline: 'deficit-round-robin', quantum: 20 }),
        ordered({ discipline: 'deficit-round-robin', quantum: 400 }),
        classes,
      ],
    ],
    'adaptive-size': [
      ['another target', { batching: aimd }, { batching: { ...aimd, targetMs: 4.2 } }],
      ['a steeper decrease', { batching: aimd }, { batching: { ...aimd, decrease: 0.8 } }],
      ['a shorter window', { batching: aimd }, { batching: { ...aimd, maxDelayMs: 3.6 } }],
      ['a longer window', { batching: aimd }, { batching: { ...aimd, maxDelayMs: 6 } }],
    ],
    corked: [
      ['a shorter limit', corking(20), corking(19)],
      ['a longer limit', corking(19), corking(20)],
      ['no cork', corking(20), { batching: { ...dynamic, maxDelayMs: 0 } }],
    ],
    slack: [
      ['a smaller margin', slackBy(0.5), slackBy(0.3), urgent],
      ['a larger margin', slackBy(0.5), slackBy(0.7), urgent],
    ],
    buckets: [
      ['other edges', bucketsOf(10, 35), bucketsOf(10, 36)],
      ['all lengths alike', bucketsOf(35), sized(6)],
    ],
    padding: [
      ['ragged', { ragged: false }, { ragged: true }],
      ['padded', { ragged: true }, { ragged: false }],
      ['not at all', { padTo: 8 }, { padTo: 1 }],
    ],
    routing: [
      [
        'round robin instead of least loaded',
        { ...queues, routing: 'least-loaded' },
        { ...queues, routing: 'round-robin' },
      ],
      [
        'least loaded instead of round robin',
        { ...queues, routing: 'round-robin' },
        { ...queues, routing: 'least-loaded' },
      ],
      ...(['random', 'p2c', 'peak-ewma', 'session-affinity'] as const).flatMap((routing) => [
        [
          `least loaded instead of ${routing}`,
          { ...queues, routing },
          { ...queues, routing: 'least-loaded' },
        ] as const,
        [
          `${routing} instead of least loaded`,
          { ...queues, routing: 'least-loaded' },
          { ...queues, routing },
        ] as const,
      ]),
      [
        'any of the drawn instead of the less loaded',
        { ...queues, routing: 'p2c' },
        { ...queues, routing: 'random' },
      ],
      [
        'the less loaded of all instead of two',
        { ...queues, routing: 'p2c' },
        { ...queues, routing: { policy: 'p2c', choices: 3, viewAgeMs: 0 } },
      ],
      [
        'loads of earlier instants',
        { ...queues, routing: 'least-loaded' },
        { ...queues, routing: { policy: 'least-loaded', ties: 'random', viewAgeMs: 8 } },
      ],
      ...(['random', 'rotating', 'first'] as const).flatMap((ties) =>
        (['random', 'rotating', 'first'] as const)
          .filter((otherTies) => otherTies !== ties)
          .map(
            (otherTies) =>
              [
                `of equals ${otherTies} instead of ${ties}`,
                { ...queues, routing: { policy: 'least-loaded', ties, viewAgeMs: 0 } },
                { ...queues, routing: { policy: 'least-loaded', ties: otherTies, viewAgeMs: 0 } },
              ] as const,
          ),
      ),
      [
        'no bound of the loads of sessions',
        { ...queues, routing: { policy: 'session-affinity', maxLoadFactor: 9, viewAgeMs: 0 } },
        { ...queues, routing: { policy: 'session-affinity', maxLoadFactor: 1, viewAgeMs: 0 } },
      ],
    ],
  }),
]

/** Rules of a promised system that rows violate. */
function brokenBy({ plan, requests }: SmallSystem, { columns }: Rows): string[] {
  const { rules } = auditRows(plan, columns, requests.columns)
  return rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
}

describe.each(worldNames)('a %s control plane that breaks a promise is detected', (world) => {
  test.each(faults)('$rule: $what', ({ rule, promised, runs, rest }) => {
    const { plan } = systemOf([promised], rest)
    const system = systemOf([runs], rest)
    const { rows } = worlds[world](system)
    expect(brokenBy(system, rows)).toEqual([])
    expect(brokenBy({ ...system, plan }, rows)).toContain(rule)
  })

  test('conservation: requests have fewer parts than promised', () => {
    const inParts = (fanOut: number) =>
      systemOf([{ ...tight, ...queues }], { classes: [{ ...ANY_CLASS, fanOut }] })
    const { rows } = worlds[world](inParts(2))
    expect(brokenBy(inParts(3), rows)).toContain('conservation')
  })

  test('models: requests go to pools of any model', () => {
    const asking = (...pools: readonly (readonly number[] | null)[]) =>
      systemOf([tight, {}], { classes: pools.map((entries) => ({ ...ANY_CLASS, pools: entries })) })
    const { rows } = worlds[world](asking(null, null))
    expect(brokenBy(asking([0], [1]), rows)).toEqual(['models'])
  })

  test('routing: a class has fewer pools than promised', () => {
    const asking = (...pools: readonly (readonly number[] | null)[]) =>
      systemOf([tight, {}, {}], {
        routing: 'round-robin',
        classes: pools.map((entries) => ({ ...ANY_CLASS, pools: entries })),
      })
    const { rows } = worlds[world](asking([0, 1], [2]))
    expect(brokenBy(asking([0, 1], [0, 1, 2]), rows)).toEqual(['routing'])
  })

  test.each<[string, RoutingPlan, RoutingPlan]>([
    [
      'other weights',
      { policy: 'weighted', weights: [3, 1] },
      { policy: 'weighted', weights: [2, 1] },
    ],
    ['another threshold', lengthThreshold(30), lengthThreshold(31)],
    ['a later limit', spillOver(2), spillOver(3)],
    ['an earlier limit', spillOver(3), spillOver(2)],
    ['another part of the prompt', prefixAffinity(0.8, 64), prefixAffinity(0.3, 64)],
    ['other scores', picking(1, 3), picking(9, 3)],
    ['another memory of prompts', picking(0, 3), picking(0, 3, 2)],
    ['another bound of loads', prefixAffinity(0.3, 1), prefixAffinity(0.3, 64)],
  ])('routing among pools: %s', (_, promised, runs) => {
    const pools = [tight, tight, {}]
    const among = (routing: RoutingPlan) => systemOf(pools, { routing })
    const { rows } = worlds[world](among(runs))
    expect(brokenBy(among(runs), rows)).toEqual([])
    expect(brokenBy(among(promised), rows)).toEqual(['routing'])
  })

  test('client-timeout: client timeouts are drawn from another distribution', () => {
    const drawn = (max: number) =>
      systemOf([tight], {
        classes: [{ ...ANY_CLASS, drawnClientTimeout: { distribution: 'uniform', min: 5, max } }],
      })
    const { rows } = worlds[world](drawn(40))
    expect(brokenBy(drawn(30), rows)).toEqual(['client-timeout'])
  })

  test('client-timeout: client timeouts are longer than promised', () => {
    const system = systemOf([tight], { classes: patient(40) })
    const { plan } = systemOf([tight], { classes: patient(10) })
    const { rows } = worlds[world](system)
    expect(brokenBy({ ...system, plan }, rows)).toEqual(['client-timeout'])
  })
})

import { Random } from '../sim/kernel/index.ts'
import {
  type AdmissionPlan,
  ANY_CLASS,
  type BatchingPlan,
  type ClassPlan,
  type HedgePlan,
  OPEN_ADMISSION,
  type PoolPlan,
  type ServingPlan,
} from '../sim/serving/index.ts'
import { patient, planOf, requestsOf, type SmallSystem } from './small-system.ts'

/** 600 requests at slightly less than full load, with bursts. */
export function systemOf(pools: readonly Partial<PoolPlan>[], rest: Partial<ServingPlan> = {}) {
  const random = new Random('seeded violations')
  let at = 0
  const times = Array.from({ length: 600 }, (_, i) => {
    const burst = i % 100 < 30
    return (at += (random.exponential() * (burst ? 0.5 : 2)) / pools.length)
  })
  const plan = planOf(pools, { classes: patient(12), ...rest })
  const lengths = times.map(() => 1 + random.integer(60))
  // twenty sessions, in turn
  const prefixes = times.map((_, i) => Int32Array.of(i % 20))
  const system: SmallSystem = {
    plan,
    requests: requestsOf(times, {
      lengths,
      prefixes,
      classes: times.map(() => random.integer(plan.classes.length)),
    }),
    work: pools.map(() => ({ law: 'linear', base_ms: 2, per_item_ms: 0.4, per_token_ms: 0.01 })),
  }
  return system
}

/** Two classes; the second has priority, an earlier deadline and half the share. */
export const unequal: readonly ClassPlan[] = [
  { ...ANY_CLASS, priority: 2, deadlineMs: 60, tenant: 'a', weight: 2 },
  { ...ANY_CLASS, priority: 1, deadlineMs: 20, tenant: 'b', queueTimeoutMs: 6 },
]

export const dynamic: Extract<BatchingPlan, { policy: 'dynamic' }> = {
  policy: 'dynamic',
  maxBatch: 6,
  preferred: [],
  maxDelayMs: 4,
}
export const aimd: Extract<BatchingPlan, { policy: 'aimd' }> = {
  policy: 'aimd',
  maxBatch: 8,
  targetMs: 4.5,
  increase: 1,
  decrease: 0.9,
  maxDelayMs: 4,
}
export const single = systemOf([{ batching: dynamic, padTo: 4 }])
export const double = systemOf([{ batching: { ...dynamic, maxDelayMs: 0 }, replicas: 2, padTo: 4 }])
export const fixed = systemOf([{ batching: { policy: 'fixed', batch: 4 } }])
export const limited = systemOf([
  { batching: { ...dynamic, maxBatch: 2 }, maxLength: 9, queueTimeoutMs: 12 },
])
export const routed = systemOf(
  [{ perReplicaQueues: true, replicas: 3, routing: 'round-robin', maxLength: 2 }, {}],
  { routing: 'round-robin' },
)
/** The first class has two pools to alternate between, the second has the last one. */
export const asking = systemOf([{}, {}, {}], {
  routing: 'round-robin',
  classes: [
    { ...ANY_CLASS, pools: [0, 1] },
    { ...ANY_CLASS, pools: [2] },
  ],
})
const urgent = { classes: unequal.map((plan) => ({ ...plan, deadlineMs: plan.deadlineMs / 2 })) }
export const adaptive = systemOf([{ batching: aimd, padTo: 4 }])
export const corked = systemOf([{ batching: { policy: 'cork', maxBatch: 6, maxLatencyMs: 20 } }])
export const slack = systemOf(
  [{ batching: { policy: 'deadline-aware', maxBatch: 6, marginMs: 0.5 } }],
  urgent,
)
export const bucketed = systemOf([
  { batching: { policy: 'length-bucketed', maxBatch: 6, edges: [10, 35], maxDelayMs: 4 } },
])
/** Every other request has two parts. */
export const apart = systemOf(
  [{ perReplicaQueues: true, replicas: 3, batching: { ...dynamic, maxBatch: 2 } }],
  { classes: [{ ...ANY_CLASS, fanOut: 2 }, ANY_CLASS] },
)
export const EJECTION_MS = 20

/** Two requests in a row that are late eject one of the three replicas. */
export const ejecting = systemOf(
  [
    {
      perReplicaQueues: true,
      replicas: 3,
      routing: 'round-robin',
      ejection: {
        policy: 'envoy-outlier',
        timeoutsCount: true,
        consecutive5xx: 2,
        intervalMs: 5,
        baseEjectionMs: EJECTION_MS,
        maxEjectionMs: EJECTION_MS,
        maxEjectionPercent: 34,
        alwaysEjectOne: false,
        enforcesConsecutive5xx: true,
        successRate: { enforced: false, minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 },
        failurePercentage: { enforced: false, minimumHosts: 5, requestVolume: 50, threshold: 85 },
        panicThresholdPercent: 50,
      },
    },
  ],
  { classes: patient(5) },
)

export const COPYING: HedgePlan = {
  tied: false,
  afterMs: 6,
  percentile: 0,
  maxAttempts: 3,
  budget: null,
  throttling: null,
  untilMs: 1e6,
}

/** Copies of requests of the first class are sent after a delay, those of the second are tied. */
export const copied = hedgedSystemOf({ batching: { ...dynamic, maxBatch: 2, maxDelayMs: 0 } })

/** A system in which both classes send copies, with the promises that follow from that. */
export function hedgedSystemOf(
  pool: Partial<PoolPlan>,
  {
    classPlan = {},
    hedge = {},
  }: { classPlan?: Partial<ClassPlan>; hedge?: Partial<HedgePlan> } = {},
): SmallSystem {
  const hedged = { ...ANY_CLASS, ...classPlan, hedge: { ...COPYING, ...hedge } }
  const tied = {
    ...ANY_CLASS,
    ...classPlan,
    hedge: { ...COPYING, tied: true, afterMs: 1, maxAttempts: 2 },
  }
  const pools = [{ perReplicaQueues: true, replicas: 4, ...pool }]
  const system = systemOf(pools, { classes: [hedged, tied] })
  const reactions = {
    untilMs: COPYING.untilMs,
    classes: [hedged, tied].map(() => ({
      follows: false,
      copies: true,
      leastPauseMs: () => Number.POSITIVE_INFINITY,
    })),
  }
  const work = [{ law: 'linear' as const, base_ms: 3.5, per_item_ms: 1, per_token_ms: 0.05 }]
  return { ...system, work, plan: { ...system.plan, reactions } as SmallSystem['plan'] }
}

/** Under load, so that requests of all tenants wait all the time. */
export const shared = systemOf(
  [{ batching: { ...dynamic, maxBatch: 2 }, order: { discipline: 'virtual-token-counter' } }],
  { classes: unequal },
)

/** A pool that is too slow for its traffic and refuses some of it. */
export const admitting = (admission: Partial<AdmissionPlan>): Partial<PoolPlan> => ({
  batching: { ...dynamic, maxBatch: 2 },
  admission: { ...OPEN_ADMISSION, ...admission },
})
export const metered = systemOf([
  admitting({ concurrencyLimit: 6, tokenBucket: { everyMs: 2, burst: 9, per: 'pool' } }),
])
export const prioritised = systemOf(
  [
    admitting({
      concurrencyLimit: 9,
      priorityLimits: [{ priority: 2, limit: 5 }],
    }),
  ],
  { classes: unequal },
)
/** The second class has no deadline. */
export const predicted = systemOf([{ ...admitting({ deadlineMarginMs: 0 }), maxLength: 7 }], {
  classes: [{ ...ANY_CLASS, deadlineMs: 12 }, ANY_CLASS],
})
export const turning = systemOf([admitting({ adaptiveLifo: { intervalMs: 20, targetMs: 6 } })])

/** Two pools whose replicas take turns on one card. */
export const sliced = slicedSystem()

function slicedSystem(): SmallSystem {
  const system = systemOf([{ batching: dynamic, padTo: 4 }, { batching: dynamic }])
  const [base, item, token] = [0.5, 0.1, 0.01]
  const aloneMs = (size: number, tokens: number) => base + item * size + token * tokens
  const card = { pools: [0, 1], switchShare: 0.1, aloneMs: [aloneMs, aloneMs] }
  const plan = { ...system.plan, cards: [card] }
  return {
    ...system,
    plan,
    work: plan.pools.map(() => ({
      law: 'linear',
      base_ms: base,
      per_item_ms: item,
      per_token_ms: token,
    })),
    cards: [{ executors: [0, 1], switchShare: card.switchShare }],
  }
}

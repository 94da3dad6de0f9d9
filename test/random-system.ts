import fc from 'fast-check'
import type { Work } from '../scenarios/index.ts'
import {
  type AdmissionPlan,
  type BatchingPlan,
  type batchPolicies,
  OPEN_ADMISSION,
  type PoolPlan,
  type queueDisciplines,
} from '../sim/serving/index.ts'
import { classPlans } from './random-classes.ts'
import { anyQueueRouting, anyRouting } from './random-routing.ts'
import { planOf, requestsOf, type SmallSystem } from './small-system.ts'

type Policy = keyof typeof batchPolicies

/** Configurations of every batching policy: a new one must be added here. */
const batchings: { readonly [P in Policy]: fc.Arbitrary<Extract<BatchingPlan, { policy: P }>> } = {
  none: fc.constant({ policy: 'none' }),
  fixed: fc.integer({ min: 1, max: 5 }).map((batch) => ({ policy: 'fixed', batch })),
  dynamic: fc
    .record({
      maxBatch: fc.integer({ min: 1, max: 8 }),
      preferred: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
      maxDelayMs: fc.constantFrom(0, 0.5, 3, 20),
    })
    .map(({ maxBatch, preferred, maxDelayMs }) => ({
      policy: 'dynamic',
      maxBatch,
      preferred: preferred.filter((size) => size <= maxBatch).sort((a, b) => a - b),
      maxDelayMs,
    })),
  aimd: fc
    .record({
      maxBatch: fc.integer({ min: 1, max: 8 }),
      targetMs: fc.constantFrom(1.5, 4, 6, 20),
      increase: fc.constantFrom(1, 1, 3),
      decrease: fc.constantFrom(0.5, 0.9),
      maxDelayMs: fc.constantFrom(0, 3, 20),
    })
    .map((limits) => ({ policy: 'aimd', ...limits })),
  cork: fc
    .record({
      maxBatch: fc.integer({ min: 1, max: 8 }),
      maxLatencyMs: fc.constantFrom(5, 15, 40, 200),
    })
    .map((limits) => ({ policy: 'cork', ...limits })),
  'deadline-aware': fc
    .record({ maxBatch: fc.integer({ min: 1, max: 8 }), marginMs: fc.constantFrom(0, 1, 7.5) })
    .map((limits) => ({ policy: 'deadline-aware', ...limits })),
  'length-bucketed': fc
    .record({
      maxBatch: fc.integer({ min: 1, max: 8 }),
      edges: fc.constantFrom<number[]>([20], [4, 16, 32], [60]),
      maxDelayMs: fc.constantFrom(0, 0.5, 3, 20),
    })
    .map((limits) => ({ policy: 'length-bucketed', ...limits })),
}

type Order = PoolPlan['order']
type Discipline = keyof typeof queueDisciplines

/** Configurations of every queue discipline: a new one must be added here. */
const orders: { readonly [D in Discipline]: fc.Arbitrary<Extract<Order, { discipline: D }>> } = {
  fifo: fc.constant({ discipline: 'fifo' }),
  lifo: fc.constant({ discipline: 'lifo' }),
  priority: fc
    .oneof(fc.constant(Number.POSITIVE_INFINITY), fc.constantFrom(2, 15))
    .map((ageingMs) => ({ discipline: 'priority', ageingMs })),
  'earliest-deadline': fc.constant({ discipline: 'earliest-deadline' }),
  'shortest-job': fc
    .constantFrom(0, 0, 0.5)
    .map((predictionCv) => ({ discipline: 'shortest-job', predictionCv })),
  'deficit-round-robin': fc
    .constantFrom(1, 20, 100)
    .map((quantum) => ({ discipline: 'deficit-round-robin', quantum })),
  'virtual-token-counter': fc.constant({ discipline: 'virtual-token-counter' }),
}

export const disciplines = Object.keys(orders) as Discipline[]

/** Disciplines that can be combined with a batching policy: fair ones do not support buckets. */
export function disciplinesFor(policy: Policy): readonly Discipline[] {
  if (policy !== 'length-bucketed') return disciplines
  return disciplines.filter(
    (discipline) => discipline !== 'deficit-round-robin' && discipline !== 'virtual-token-counter',
  )
}

/** Configurations of every admission control, and of adaptive LIFO. */
const admissions: Readonly<Record<string, fc.Arbitrary<Partial<AdmissionPlan>>>> = {
  priority: fc
    .uniqueArray(
      fc.record({
        priority: fc.integer({ min: 1, max: 3 }),
        limit: fc.integer({ min: 1, max: 9 }),
      }),
      { minLength: 1, maxLength: 3, selector: ({ priority }) => priority },
    )
    .map((priorityLimits) => ({ priorityLimits })),
  deadline: fc.constantFrom(0, 0, 3).map((deadlineMarginMs) => ({ deadlineMarginMs })),
  concurrency: fc.integer({ min: 1, max: 9 }).map((concurrencyLimit) => ({ concurrencyLimit })),
  tokens: fc
    .record({
      everyMs: fc.constantFrom(1, 3.7, 10),
      burst: fc.integer({ min: 1, max: 6 }),
      per: fc.constantFrom('pool', 'class', 'tenant'),
    })
    .map((tokenBucket) => ({ tokenBucket })),
  'adaptive-lifo': fc
    .record({ intervalMs: fc.constantFrom(2, 7, 20.5), targetMs: fc.constantFrom(0.7, 2) })
    .map((adaptiveLifo) => ({ adaptiveLifo })),
}

export const admissionKinds = Object.keys(admissions)

/** All controls of an admission, or only these. */
function admissionOf(kinds: readonly string[]): fc.Arbitrary<AdmissionPlan> {
  return fc
    .tuple(...kinds.map((kind) => admissions[kind]!))
    .map((parts) => Object.assign({ ...OPEN_ADMISSION }, ...parts))
}

/** Mostly no control; otherwise any of them. */
const anyAdmission = fc
  .oneof(fc.constant([]), fc.constant([]), fc.subarray(admissionKinds))
  .chain(admissionOf)

const CLASSES = 3

/** Gaps on a grid, so that events share instants, or anywhere. */
const gap = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.double({ min: 0, max: 4, noNaN: true, noDefaultInfinity: true }),
)
const arrival = fc.record({
  gap,
  length: fc.integer({ min: 1, max: 40 }),
  class: fc.integer({ min: 0, max: CLASSES - 1 }),
})

const work: fc.Arbitrary<Work> = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map((ms) => ({ law: 'constant' as const, ms })),
  fc.record({
    law: fc.constant('linear' as const),
    base_ms: fc.constantFrom(0.5, 1, 3),
    per_item_ms: fc.constantFrom(0, 0.25, 1),
    per_token_ms: fc.constantFrom(0, 0.01),
  }),
)

const endless = fc.constant(Number.POSITIVE_INFINITY)

const bounds = {
  maxLength: fc.oneof(endless, fc.integer({ min: 1, max: 12 })),
  queueTimeoutMs: fc.oneof(endless, fc.constantFrom(1, 6, 25)),
  timeoutAction: fc.constantFrom('reject', 'reject', 'delay'),
  timeoutOverride: fc.boolean(),
} as const

/** Levels exist only in priority queues. */
const level = fc.record({ priority: fc.integer({ min: 1, max: 3 }), ...bounds })
const levels = fc.uniqueArray(level, { maxLength: 2, selector: ({ priority }) => priority })

/** One batch in flight for each queue, and only final time-outs. */
function corkable<P extends Partial<PoolPlan>>(pool: P): P {
  const levels = pool.levels?.map((levelBounds) => ({
    ...levelBounds,
    timeoutAction: 'reject' as const,
  }))
  return { ...pool, perReplicaQueues: true, timeoutAction: 'reject', levels }
}

/** Adaptive LIFO needs FIFO queues with final time-outs, and batches by number. */
function adapting<P extends Partial<PoolPlan>>(pool: P, policy: Policy): P {
  const inTurn = pool.order?.discipline === 'fifo' && pool.timeoutAction !== 'delay'
  const byNumber = policy === 'none' || policy === 'fixed' || policy === 'dynamic'
  const admission = pool.admission ?? OPEN_ADMISSION
  return {
    ...pool,
    admission: inTurn && byNumber ? admission : { ...admission, adaptiveLifo: null },
  }
}

interface PoolParts {
  readonly policy: Policy
  readonly order: fc.Arbitrary<Order>
  readonly admission: fc.Arbitrary<AdmissionPlan>
}

function poolOf({ policy, order, admission }: PoolParts): fc.Arbitrary<Partial<PoolPlan>> {
  const ordered = order.chain((ordering) =>
    fc.record({
      order: fc.constant(ordering),
      levels: ordering.discipline === 'priority' ? levels : fc.constant([]),
    }),
  )
  const rest = fc.record({
    replicas: fc.integer({ min: 1, max: 3 }),
    perReplicaQueues: fc.boolean(),
    routing: anyQueueRouting,
    ...bounds,
    batching: batchings[policy] as fc.Arbitrary<BatchingPlan>,
    admission,
    padTo: fc.constantFrom(1, 8),
    ragged: fc.boolean(),
  })
  return fc
    .tuple(rest, ordered)
    .map(([pool, queue]) => ({ ...pool, ...queue }))
    .map((pool) => (policy === 'cork' ? corkable(pool) : pool))
    .map((pool) => adapting(pool, policy))
}

/**
 * Systems of one or two pools under a batching policy and a queue discipline, and requests for
 * them.
 */
export function systemUnder(
  policy: Policy,
  discipline: Discipline = 'fifo',
  requests = 80,
): fc.Arbitrary<SmallSystem> {
  const pool = poolOf({ policy, order: orders[discipline], admission: anyAdmission })
  return systemOf(policy, pool, requests)
}

/** Systems of FIFO queues with one admission control, or one kind of overload. */
export function systemAdmitting(kind: string): fc.Arbitrary<SmallSystem> {
  return fc.constantFrom<Policy>('none', 'fixed', 'dynamic').chain((policy) => {
    const pool = poolOf({ policy, order: orders.fifo, admission: admissionOf([kind]) })
    const final = pool.map((drawn) => ({ ...drawn, timeoutAction: 'reject' as const }))
    return systemOf(policy, final, 80)
  })
}

function systemOf(
  policy: Policy,
  pool: fc.Arbitrary<Partial<PoolPlan>>,
  requests: number,
): fc.Arbitrary<SmallSystem> {
  return fc
    .record({
      pools: fc.array(fc.tuple(pool, work), { minLength: 1, maxLength: 2 }),
      routing: anyRouting,
      classes: classPlans(CLASSES),
      // by default most systems would have ten requests or fewer
      arrivals: fc.array(arrival, { minLength: 1, maxLength: requests, size: 'large' }),
    })
    .map(({ pools, routing, classes, arrivals }) => {
      let at = 0
      // a request with timeout_action delay is not cancelled with its client
      const waitsOn = pools.some(([{ timeoutAction, levels = [] }]) =>
        [timeoutAction, ...levels.map((levelBounds) => levelBounds.timeoutAction)].includes(
          'delay',
        ),
      )
      // every part needs another replica with a separate queue
      const apart = Math.min(
        ...pools.map(([{ perReplicaQueues, replicas }]) => (perReplicaQueues ? replicas! : 1)),
      )
      return {
        plan: planOf(
          pools.map(([pool]) => pool),
          {
            routing,
            classes: classes.map((drawn) => ({
              ...drawn,
              pools: pools.length > 1 ? drawn.pools : null,
              cancels: drawn.cancels && !waitsOn,
              deadlineMs:
                policy === 'deadline-aware' ? Math.min(drawn.deadlineMs, 60) : drawn.deadlineMs,
              fanOut: Math.min(drawn.fanOut, apart),
              clientTimeoutMs:
                drawn.drawnClientTimeout === null
                  ? drawn.clientTimeoutMs
                  : Number.POSITIVE_INFINITY,
            })),
          },
        ),
        work: pools.map(([, law]) => law),
        requests: requestsOf(
          arrivals.map((drawn) => (at += drawn.gap)),
          {
            lengths: arrivals.map(({ length }) => length),
            classes: arrivals.map((drawn) => drawn.class),
          },
        ),
      }
    })
}

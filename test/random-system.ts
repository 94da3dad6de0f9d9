import fc from 'fast-check'
import type { Batching, Work } from '../scenarios/index.ts'
import {
  type AdmissionPlan,
  type batchPolicies,
  OPEN_ADMISSION,
  type PoolPlan,
  type queueDisciplines,
  routingPolicies,
} from '../sim/serving/index.ts'
import { classPlans } from './random-classes.ts'
import { planOf, requestsOf, type SmallSystem } from './small-system.ts'

type Policy = keyof typeof batchPolicies

/** Configurations of every batching policy: one that joins the table has to join here. */
const batchings: { readonly [P in Policy]: fc.Arbitrary<Extract<Batching, { policy: P }>> } = {
  none: fc.constant({ policy: 'none' }),
  fixed: fc.integer({ min: 1, max: 5 }).map((batch) => ({ policy: 'fixed', batch })),
  dynamic: fc
    .record({
      max_batch: fc.integer({ min: 1, max: 8 }),
      preferred: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 3 }),
      max_delay_ms: fc.constantFrom(0, 0.5, 3, 20),
    })
    .map(({ max_batch, preferred, max_delay_ms }) => ({
      policy: 'dynamic',
      max_batch,
      preferred: preferred.filter((size) => size <= max_batch).sort((a, b) => a - b),
      max_delay_ms,
    })),
  aimd: fc
    .record({
      max_batch: fc.integer({ min: 1, max: 8 }),
      target_ms: fc.constantFrom(1.5, 4, 6, 20),
      increase: fc.constantFrom(1, 1, 3),
      decrease: fc.constantFrom(0.5, 0.9),
      max_delay_ms: fc.constantFrom(0, 3, 20),
    })
    .map((own) => ({ policy: 'aimd', ...own })),
  cork: fc
    .record({
      max_batch: fc.integer({ min: 1, max: 8 }),
      max_latency_ms: fc.constantFrom(5, 15, 40, 200),
    })
    .map((own) => ({ policy: 'cork', ...own })),
  'deadline-aware': fc
    .record({ max_batch: fc.integer({ min: 1, max: 8 }), margin_ms: fc.constantFrom(0, 1, 7.5) })
    .map((own) => ({ policy: 'deadline-aware', ...own })),
  'length-bucketed': fc
    .record({
      max_batch: fc.integer({ min: 1, max: 8 }),
      edges: fc.constantFrom<number[]>([20], [4, 16, 32], [60]),
      max_delay_ms: fc.constantFrom(0, 0.5, 3, 20),
    })
    .map((own) => ({ policy: 'length-bucketed', ...own })),
}

type Order = PoolPlan['order']
type Discipline = keyof typeof queueDisciplines

/** Configurations of every queue discipline: one that joins the table has to join here. */
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

/** Disciplines that may stand beside a batching policy: fair ones know no buckets. */
export function disciplinesFor(policy: Policy): readonly Discipline[] {
  if (policy !== 'length-bucketed') return disciplines
  return disciplines.filter(
    (own) => own !== 'deficit-round-robin' && own !== 'virtual-token-counter',
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

/** All of an admission, or those parts of it. */
function admissionOf(kinds: readonly string[]): fc.Arbitrary<AdmissionPlan> {
  return fc
    .tuple(...kinds.map((kind) => admissions[kind]!))
    .map((parts) => Object.assign({ ...OPEN_ADMISSION }, ...parts))
}

/** Nobody is refused, mostly; or for any reasons. */
const anyAdmission = fc
  .oneof(fc.constant([]), fc.constant([]), fc.subarray(admissionKinds))
  .chain(admissionOf)

const CLASSES = 3

/** Gaps on a grid, so that events fall on the same instant, or anywhere. */
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
const routing = fc.constantFrom(...Object.values(routingPolicies).map(({ kind }) => kind))

const bounds = {
  maxLength: fc.oneof(endless, fc.integer({ min: 1, max: 12 })),
  queueTimeoutMs: fc.oneof(endless, fc.constantFrom(1, 6, 25)),
  timeoutAction: fc.constantFrom('reject', 'reject', 'delay'),
  timeoutOverride: fc.boolean(),
} as const

/** Levels are of priority queues only. */
const level = fc.record({ priority: fc.integer({ min: 1, max: 3 }), ...bounds })
const levels = fc.uniqueArray(level, { maxLength: 2, selector: ({ priority }) => priority })

/** One batch in flight for each queue, and nobody who waits on. */
function corkable<P extends Partial<PoolPlan>>(pool: P): P {
  const levels = pool.levels?.map((own) => ({ ...own, timeoutAction: 'reject' as const }))
  return { ...pool, perReplicaQueues: true, timeoutAction: 'reject', levels }
}

/** Adaptive LIFO is of queues in turn, whose time-outs are final, and of batches by number. */
function adapting<P extends Partial<PoolPlan>>(pool: P, policy: Policy): P {
  const inTurn = pool.order?.discipline === 'fifo' && pool.timeoutAction !== 'delay'
  const byNumber = policy === 'none' || policy === 'fixed' || policy === 'dynamic'
  const own = pool.admission ?? OPEN_ADMISSION
  return { ...pool, admission: inTurn && byNumber ? own : { ...own, adaptiveLifo: null } }
}

interface PoolParts {
  readonly policy: Policy
  readonly order: fc.Arbitrary<Order>
  readonly admission: fc.Arbitrary<AdmissionPlan>
}

function poolOf({ policy, order, admission }: PoolParts): fc.Arbitrary<Partial<PoolPlan>> {
  const ordered = order.chain((own) =>
    fc.record({
      order: fc.constant(own),
      levels: own.discipline === 'priority' ? levels : fc.constant([]),
    }),
  )
  const rest = fc.record({
    replicas: fc.integer({ min: 1, max: 3 }),
    perReplicaQueues: fc.boolean(),
    routing,
    ...bounds,
    batching: batchings[policy] as fc.Arbitrary<Batching>,
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

/** Systems of queues in turn that refuse for one reason, or are overloaded in one way. */
export function systemAdmitting(kind: string): fc.Arbitrary<SmallSystem> {
  return fc.constantFrom<Policy>('none', 'fixed', 'dynamic').chain((policy) => {
    const pool = poolOf({ policy, order: orders.fifo, admission: admissionOf([kind]) })
    const final = pool.map((own) => ({ ...own, timeoutAction: 'reject' as const }))
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
      routing,
      classes: classPlans(CLASSES),
      // by default most systems would have ten requests or fewer
      arrivals: fc.array(arrival, { minLength: 1, maxLength: requests, size: 'large' }),
    })
    .map(({ pools, routing, classes, arrivals }) => {
      let at = 0
      // who may wait on does not leave with its client
      const waitsOn = pools.some(([{ timeoutAction, levels = [] }]) =>
        [timeoutAction, ...levels.map((own) => own.timeoutAction)].includes('delay'),
      )
      // every part is for another replica with a queue of its own
      const apart = Math.min(
        ...pools.map(([{ perReplicaQueues, replicas }]) => (perReplicaQueues ? replicas! : 1)),
      )
      return {
        plan: planOf(
          pools.map(([pool]) => pool),
          {
            routing,
            classes: classes.map((own) => ({
              ...own,
              pools: pools.length > 1 ? own.pools : null,
              cancels: own.cancels && !waitsOn,
              deadlineMs:
                policy === 'deadline-aware' ? Math.min(own.deadlineMs, 60) : own.deadlineMs,
              fanOut: Math.min(own.fanOut, apart),
              patienceMs: own.drawnPatience === null ? own.patienceMs : Number.POSITIVE_INFINITY,
            })),
          },
        ),
        work: pools.map(([, own]) => own),
        requests: requestsOf(
          arrivals.map((one) => (at += one.gap)),
          {
            lengths: arrivals.map(({ length }) => length),
            classes: arrivals.map((one) => one.class),
          },
        ),
      }
    })
}

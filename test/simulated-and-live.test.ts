import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../sim/kernel/index.ts'
import {
  admissionControls,
  type BatchingPlan,
  batchPolicies,
  evictionPolicies,
  OUTCOME,
  type PoolPlan,
} from '../sim/serving/index.ts'
import type { Rows } from '../sim/stats/index.ts'
import { replay } from './manual-world.ts'
import { crowdedSystem, memorySystem } from './random-memory.ts'
import { routingPlans } from './random-routing.ts'
import { admissionKinds, disciplines, systemAdmitting, systemUnder } from './random-system.ts'
import { patient, planOf, requestsOf, type SmallSystem, serve } from './small-system.ts'

const evictions = Object.keys(evictionPolicies) as (keyof typeof evictionPolicies)[]

/**
 * All decisions with their times; batches by their first request, since their numbers may differ.
 */
function decisions({ rows: { columns } }: { rows: Rows }) {
  const first = new Map<number, number>()
  const batch = Array.from(columns.batch, (number, key) => {
    if (number >= 0 && !first.has(number)) first.set(number, key)
    return first.get(number) ?? -1
  })
  const { sent, dispatched, done, executor, pool, batchSize, padded, outcome, refusal } = columns
  const { batchWait } = columns
  const chosenColumns = {
    batch,
    sent,
    dispatched,
    done,
    executor,
    pool,
    batchSize,
    padded,
    outcome,
  }
  return { ...chosenColumns, refusal, batchWait }
}

const configurations: BatchingPlan[] = [
  { policy: 'none' },
  { policy: 'fixed', batch: 4 },
  { policy: 'dynamic', maxBatch: 6, preferred: [], maxDelayMs: 0 },
  { policy: 'dynamic', maxBatch: 6, preferred: [], maxDelayMs: 4 },
  { policy: 'dynamic', maxBatch: 8, preferred: [2, 4], maxDelayMs: 7.5 },
  { policy: 'aimd', maxBatch: 8, targetMs: 4.5, increase: 1, decrease: 0.9, maxDelayMs: 4 },
  { policy: 'cork', maxBatch: 6, maxLatencyMs: 12 },
  { policy: 'deadline-aware', maxBatch: 8, marginMs: 0.5 },
  { policy: 'length-bucketed', maxBatch: 6, edges: [10, 35], maxDelayMs: 4 },
]

/** One queue, where there is nothing to choose, or a queue for each replica and a router. */
const queues = [
  { perReplicaQueues: false, routing: routingPlans[0]! },
  ...routingPlans.map((routing) => ({ perReplicaQueues: true, routing })),
]

/** Replicas, and whether the queue has limits. */
const sizes = [1, 2, 3].flatMap((replicas) =>
  [false, true].map((limited) => ({ replicas, limited })),
)

/** Whether every combination is tried; `npm run laws:all` sets it. */
const EVERY = process.env.EVERY_COMBINATION !== undefined

/**
 * Each configuration with each queue mode and routing policy, and each of both with every number of
 * replicas, with and without limits: all pairs, which is a sixth of all combinations.
 */
const loaded = configurations.flatMap((batching, i) =>
  queues.flatMap((queue, k) =>
    (EVERY ? sizes : [sizes[(i + k) % sizes.length]!])
      .map(({ replicas, limited }) => {
        return { batching, ...queue, limited, replicas: mostReplicas(batching, queue, replicas) }
      })
      .map((pool) => ({ ...pool, name: nameOf(pool), system: systemOf(pool) })),
  ),
)

type LoadedPool = (typeof queues)[number] & {
  readonly batching: BatchingPlan
  readonly replicas: number
  readonly limited: boolean
}

function nameOf({ batching, routing, perReplicaQueues, replicas, limited }: LoadedPool): string {
  return [
    ...Object.values(batching),
    routing.policy,
    perReplicaQueues ? 'a queue each' : 'one queue',
    `${replicas} replicas`,
    limited ? 'limited' : 'unlimited',
  ].join(', ')
}

/** Policy cork has one batch in flight for each queue. */
function mostReplicas(
  { policy }: BatchingPlan,
  { perReplicaQueues }: Pick<PoolPlan, 'perReplicaQueues'>,
  replicas: number,
): number {
  return policy === 'cork' && !perReplicaQueues ? 1 : replicas
}

/** 400 requests at about full load, half of their times on a grid of 1 ms. */
function systemOf({ limited, ...pool }: LoadedPool): SmallSystem {
  const random = new Random(`both worlds ${pool.replicas}`)
  const gapMs = (pool.batching.policy === 'none' ? 3 : 1.2) / pool.replicas
  let at = 0
  const times = Array.from({ length: 400 }, () => {
    at += random.exponential() * gapMs
    return (at = random.uniform() < 0.5 ? Math.ceil(at) : at)
  })
  const lengths = times.map(() => 1 + random.integer(60))
  const limits = limited ? { maxLength: 9, queueTimeoutMs: 12 } : {}
  return {
    plan: planOf([{ ...pool, ...limits, padTo: 4 }], {
      classes: patient(20).map((plan) => ({ ...plan, deadlineMs: 15 })),
    }),
    requests: requestsOf(times, { lengths }),
    work: [{ law: 'linear', base_ms: 2, per_item_ms: 0.5, per_token_ms: 0.01 }],
  }
}

const simulations = new WeakMap<SmallSystem, ReturnType<typeof serve>>()

/** A system is simulated once, by the first test that needs it. */
function simulationOf(system: SmallSystem): ReturnType<typeof serve> {
  const simulated = simulations.get(system) ?? serve(system)
  simulations.set(system, simulated)
  return simulated
}

test('every pair of configuration, queue and number of replicas with limits is among them', () => {
  const pairsOf = (keyOf: (pool: LoadedPool) => readonly unknown[]) =>
    new Set(loaded.map((pool) => JSON.stringify(keyOf(pool)))).size
  const count = queues.length
  expect(
    pairsOf(({ batching, routing, perReplicaQueues }) => [batching, routing, perReplicaQueues]),
  ).toBe(configurations.length * count)
  expect(
    pairsOf(({ routing, perReplicaQueues, replicas, limited }) => [
      routing,
      perReplicaQueues,
      replicas,
      limited,
    ]),
  ).toBe(count * sizes.length)
  expect(pairsOf(({ batching, replicas, limited }) => [batching, replicas, limited])).toBe(
    configurations.length * sizes.length,
  )
})

test('every batching policy is among the configurations', () => {
  const kinds = new Set(configurations.map(({ policy }) => policy))
  expect([...kinds].sort()).toEqual(Object.keys(batchPolicies).sort())
})

test('every admission control is drawn at random; that of the queue by its bounds', () => {
  // circuit breakers are drawn with the retries of proxies, in retries.test.ts
  const elsewhere = ['queue', 'circuit-breaker']
  const kinds = [...admissionControls.map(({ kind }) => kind), 'adaptive-lifo']
  const drawn = kinds.filter((kind) => !elsewhere.includes(kind))
  expect(drawn.sort()).toEqual(admissionKinds.toSorted())
})

describe('simulated and live runs make the same decisions on the same requests', () => {
  test.each(loaded)('$name', ({ system }) => {
    const simulated = simulationOf(system)
    const live = replay(system)
    expect(decisions(live)).toEqual(decisions(simulated))
    expect(live.journal).toEqual(simulated.journal)
    // early wake-ups of a dispatcher do not change decisions
    expect(decisions(replay(system, { restless: true }))).toEqual(decisions(simulated))
    expect(live.fired.every(([due, at]) => due === at)).toBe(true)
  })

  test('the systems above have served, shed, timed out and abandoned requests', () => {
    const outcomes = loaded.flatMap(({ system }) => [
      ...new Set(simulationOf(system).rows.columns.outcome),
    ])
    const { served, shed, timedOut, abandoned } = OUTCOME
    expect(new Set(outcomes)).toEqual(new Set([served, shed, timedOut, abandoned]))
  })

  test.each(loaded)('but not if batches take 1 % longer: $name', ({ system }) => {
    const { dispatched, batch, outcome } = decisions(simulationOf(system))
    const slow = decisions(replay(system, { slowness: 1.01 }))
    expect([slow.dispatched, slow.batch, slow.outcome]).not.toEqual([dispatched, batch, outcome])
  })

  test.each(Object.keys(batchPolicies) as (keyof typeof batchPolicies)[])(
    'also for random systems of one or two pools: %s',
    (policy) => {
      fc.assert(
        fc.property(systemUnder(policy), (system) => {
          expect(decisions(replay(system))).toEqual(decisions(serve(system)))
        }),
        { numRuns: 100 },
      )
    },
  )

  test.each(disciplines)('also under any queue discipline: %s', (discipline) => {
    fc.assert(
      fc.property(systemUnder('dynamic', discipline), (system) => {
        expect(decisions(replay(system))).toEqual(decisions(serve(system)))
      }),
      { numRuns: 100 },
    )
  })

  test('also if memory delays batches', () => {
    let heldBack = 0
    fc.assert(
      fc.property(memorySystem([]), (system) => {
        const simulated = serve(system)
        expect(decisions(replay(system))).toEqual(decisions(simulated))
        const { plan } = system
        const devices = plan.devices.map((device) => ({ ...device, limitBytes: Number.MAX_VALUE }))
        const roomy = serve({ ...system, plan: { ...plan, devices } })
        const went = ({ rows }: { rows: Rows }) => [...rows.columns.dispatched]
        if (!went(simulated).every((at, key) => Object.is(at, went(roomy)[key]))) heldBack++
      }),
      { numRuns: 300 },
    )
    expect(heldBack).toBeGreaterThan(50)
  })

  test.each(evictions)('also with model swapping: %s', (eviction) => {
    let went = 0
    fc.assert(
      fc.property(fc.oneof(crowdedSystem(eviction), memorySystem([eviction])), (system) => {
        const live = replay(system)
        expect(decisions(live)).toEqual(decisions(serve(system)))
        went += live.moves.filter(({ kind }) => kind === 'unload').length
      }),
      { numRuns: 300 },
    )
    expect(went).toBeGreaterThan(50)
  })

  test.each(admissionKinds)('also under any admission control: %s', (kind) => {
    fc.assert(
      fc.property(systemAdmitting(kind), (system) => {
        expect(decisions(replay(system))).toEqual(decisions(serve(system)))
      }),
      { numRuns: 100 },
    )
  })
})

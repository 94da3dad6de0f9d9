import fc from 'fast-check'
import type { Batching, Work } from '../scenarios/index.ts'
import { type batchPolicies, type PoolPlan, routingPolicies } from '../sim/serving/index.ts'
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
}

/** Gaps on a grid, so that events fall on the same instant, or anywhere. */
const gap = fc.oneof(
  fc.integer({ min: 0, max: 4 }),
  fc.double({ min: 0, max: 4, noNaN: true, noDefaultInfinity: true }),
)
const arrival = fc.record({
  gap,
  length: fc.integer({ min: 1, max: 40 }),
  class: fc.integer({ min: 0, max: 1 }),
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

function poolOf(policy: Policy): fc.Arbitrary<Partial<PoolPlan>> {
  return fc.record({
    replicas: fc.integer({ min: 1, max: 3 }),
    perReplicaQueues: fc.boolean(),
    routing,
    maxLength: fc.oneof(endless, fc.integer({ min: 1, max: 12 })),
    queueTimeoutMs: fc.oneof(endless, fc.constantFrom(1, 6, 25)),
    batching: batchings[policy] as fc.Arbitrary<Batching>,
    padTo: fc.constantFrom(1, 8),
  })
}

/** Systems of one or two pools under a batching policy, and requests for them. */
export function systemUnder(policy: Policy, requests = 80): fc.Arbitrary<SmallSystem> {
  return fc
    .record({
      pools: fc.array(fc.tuple(poolOf(policy), work), { minLength: 1, maxLength: 2 }),
      routing,
      patienceMs: fc.tuple(fc.oneof(endless, fc.constantFrom(4, 30)), endless),
      // by default most systems would have ten requests or fewer
      arrivals: fc.array(arrival, { minLength: 1, maxLength: requests, size: 'large' }),
    })
    .map(({ pools, routing, patienceMs, arrivals }) => {
      let at = 0
      return {
        plan: planOf(
          pools.map(([pool]) => pool),
          { routing, patienceMs },
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

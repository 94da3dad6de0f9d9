import type { Batching } from '../scenarios/index.ts'
import { Random } from '../sim/kernel/index.ts'
import type { PoolPlan, ServingPlan } from '../sim/serving/index.ts'
import { planOf, requestsOf, type SmallSystem } from './small-system.ts'

/** 600 requests at somewhat less than full load, with bursts. */
export function systemOf(pools: readonly Partial<PoolPlan>[], rest: Partial<ServingPlan> = {}) {
  const random = new Random('seeded violations')
  let at = 0
  const times = Array.from({ length: 600 }, (_, i) => {
    const burst = i % 100 < 30
    return (at += (random.exponential() * (burst ? 0.5 : 2)) / pools.length)
  })
  const system: SmallSystem = {
    plan: planOf(pools, { patienceMs: [12], ...rest }),
    requests: requestsOf(times, { lengths: times.map(() => 1 + random.integer(60)) }),
    work: pools.map(() => ({ law: 'linear', base_ms: 2, per_item_ms: 0.4, per_token_ms: 0.01 })),
  }
  return system
}

export const dynamic: Extract<Batching, { policy: 'dynamic' }> = {
  policy: 'dynamic',
  max_batch: 6,
  preferred: [],
  max_delay_ms: 4,
}
export const single = systemOf([{ batching: dynamic, padTo: 4 }])
export const double = systemOf([
  { batching: { ...dynamic, max_delay_ms: 0 }, replicas: 2, padTo: 4 },
])
export const fixed = systemOf([{ batching: { policy: 'fixed', batch: 4 } }])
export const limited = systemOf([
  { batching: { ...dynamic, max_batch: 2 }, maxLength: 9, queueTimeoutMs: 12 },
])
export const routed = systemOf(
  [{ perReplicaQueues: true, replicas: 3, routing: 'round-robin', maxLength: 2 }, {}],
  { routing: 'round-robin' },
)

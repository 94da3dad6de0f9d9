import {
  ANY_CLASS,
  type ClassPlan,
  OPEN_ADMISSION,
  OUTCOME,
  type PoolPlan,
  type RetryPlan,
} from '../sim/serving/index.ts'
import { dynamic, systemOf } from './audited-systems.ts'
import type { SmallSystem } from './small-system.ts'

/** Refused, late and failed requests are sent again up to twice, at most four at once. */
export const RETRYING: RetryPlan = {
  retryOn: [OUTCOME.shed, OUTCOME.timedOut, OUTCOME.failed],
  numRetries: 2,
  baseIntervalMs: 2,
  maxIntervalMs: 5,
  avoidsPrevious: true,
  limit: { policy: 'count', maxRetries: 4 },
  untilMs: 1e6,
}

/** A system whose proxy retries, with the promises that follow from that. */
export function retryingSystemOf(
  pool: Partial<PoolPlan>,
  {
    classPlan = {},
    retries = {},
  }: { classPlan?: Partial<ClassPlan>; retries?: Partial<RetryPlan> } = {},
): SmallSystem {
  const classes = [{ ...ANY_CLASS, ...classPlan }]
  const pools = [
    { perReplicaQueues: true, replicas: 4, ...pool, retries: { ...RETRYING, ...retries } },
  ]
  const system = systemOf(pools, { classes })
  const reactions = {
    untilMs: RETRYING.untilMs,
    classes: classes.map(() => ({
      follows: false,
      copies: true,
      leastPauseMs: () => Number.POSITIVE_INFINITY,
    })),
  }
  const work = [{ law: 'linear' as const, base_ms: 5, per_item_ms: 1.5, per_token_ms: 0.05 }]
  return { ...system, work, plan: { ...system.plan, reactions } as SmallSystem['plan'] }
}

const bounded = { batching: { ...dynamic, maxBatch: 2, maxDelayMs: 0 }, maxLength: 1 }

/** Short queues, and no limit on retries that it ever reaches. */
export const resent = retryingSystemOf(bounded, {
  classPlan: { clientTimeoutMs: 40 },
  retries: { limit: { policy: 'count', maxRetries: 1000 } },
})
/** The same at a limit that it reaches all the time. */
export const limitedRetries = retryingSystemOf(bounded)
/** Thresholds in front of replicas that share a queue. */
export const broken = systemOf([
  {
    replicas: 2,
    batching: { ...dynamic, maxBatch: 2 },
    admission: { ...OPEN_ADMISSION, circuitBreaker: { maxPendingRequests: 5, maxRequests: 1000 } },
  },
])

import type { TrafficClass } from '../../../scenarios/schema/schema.ts'
import { hashedUniform } from '../../kernel/index.ts'
import type { DeepCamel, Ms } from '../../serving/index.ts'

/** How often and how soon a client retries. */
export type ClientRetryPlan = DeepCamel<NonNullable<TrafficClass['retry']>>

/** How an attempt ended for its client without an answer in time. */
export type RetriedEnd = NonNullable<ClientRetryPlan['retryOn']>[number]

const PURPOSE = 0x27d4eb2f

/**
 * Delay after the `attempt`-th attempt, ms: exponential backoff with the jitter of Brooker 2015
 * (full: uniform up to it; equal: uniform in its upper half). Drawn from a hash of the attempt's
 * key.
 */
export function backoff(plan: ClientRetryPlan, attempt: number, key: number): Ms {
  const { backoffMs, multiplier, maxBackoffMs = Number.POSITIVE_INFINITY } = plan
  const most = Math.min(maxBackoffMs, backoffMs * multiplier ** (attempt - 1))
  if (plan.jitter === 'none') return most
  const share = hashedUniform(key, PURPOSE)
  return plan.jitter === 'full' ? most * share : (most * (1 + share)) / 2
}

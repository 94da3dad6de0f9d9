import type { TrafficClass } from '../../../scenarios/schema/schema.ts'
import { hashedUniform } from '../../kernel/index.ts'
import type { Ms, SendBudgetPlan } from '../../serving/index.ts'

/** How an attempt ended for its client, but for an answer in time. */
export type RetriedEnd = NonNullable<NonNullable<TrafficClass['retry']>['retry_on']>[number]

/** How often and how soon a client retries. */
export interface RetryPlan {
  /** per call, including the first */
  readonly maxAttempts: number
  readonly backoffMs: Ms
  readonly multiplier: number
  /** Infinity for no limit */
  readonly maxBackoffMs: Ms
  readonly jitter: 'none' | 'full' | 'equal'
  /** ends of attempts after which clients try again; absent for all */
  readonly retryOn?: readonly RetriedEnd[]
  /** null for no budget */
  readonly budget: SendBudgetPlan | null
}

const PURPOSE = 0x27d4eb2f

/**
 * Delay after the `attempt`-th attempt, ms: exponential backoff with the jitter of Brooker 2015
 * (full: uniform up to it; equal: uniform in its upper half). Drawn from a hash of the attempt's
 * key.
 */
export function backoff(plan: RetryPlan, attempt: number, key: number): Ms {
  const most = Math.min(plan.maxBackoffMs, plan.backoffMs * plan.multiplier ** (attempt - 1))
  if (plan.jitter === 'none') return most
  const share = hashedUniform(key, PURPOSE)
  return plan.jitter === 'full' ? most * share : (most * (1 + share)) / 2
}

import type { Pool } from '../../../scenarios/schema/schema.ts'
import { type Ms, OUTCOME, type Outcome } from '../ports.ts'

/** How many retries of a pool may be under way, or made; the rules of Envoy or of Finagle. */
export type RetryLimitPlan =
  /** at once, from the failure of the attempt before to the end of the retry */
  | { readonly policy: 'count'; readonly maxRetries: number }
  /** the same, in percent of the requests in the pool */
  | {
      readonly policy: 'envoy'
      readonly budgetPercent: number
      readonly minRetryConcurrency: number
    }
  /** per request of the last `ttlMs` */
  | {
      readonly policy: 'finagle'
      readonly percentCanRetry: number
      readonly minRetriesPerS: number
      readonly ttlMs: Ms
    }

/** Retries by the proxy in front of a pool. */
export interface RetryPlan {
  /** outcomes of attempts that are retried */
  readonly retryOn: readonly Outcome[]
  /** per request, without the first attempt */
  readonly numRetries: number
  readonly baseIntervalMs: Ms
  readonly maxIntervalMs: Ms
  /** whether a retry avoids the replicas that had the request */
  readonly avoidsPrevious: boolean
  readonly limit: RetryLimitPlan
  /** no retry is sent from here on: the end of the traffic */
  readonly untilMs: Ms
}

const OUTCOME_OF = {
  failed: OUTCOME.failed,
  shed: OUTCOME.shed,
  timed_out: OUTCOME.timedOut,
} as const

/** Thresholds of a cluster that configures none, in Envoy. */
const MAX_RETRIES = 3

export function retryPlan(
  { retry_policy: policy, circuit_breakers: breakers }: Pool,
  untilMs: Ms,
): RetryPlan | undefined {
  if (policy === undefined) return undefined
  return {
    retryOn: policy.retry_on.map((key) => OUTCOME_OF[key]),
    numRetries: policy.num_retries,
    baseIntervalMs: policy.base_interval_ms,
    maxIntervalMs: policy.max_interval_ms ?? 10 * policy.base_interval_ms,
    avoidsPrevious: policy.avoid_previous_hosts,
    limit: limitPlan(breakers),
    untilMs,
  }
}

function limitPlan(breakers: Pool['circuit_breakers']): RetryLimitPlan {
  const budget = breakers?.retry_budget
  if (budget === undefined) {
    return { policy: 'count', maxRetries: breakers?.max_retries ?? MAX_RETRIES }
  }
  if (budget.policy === 'envoy') {
    return {
      policy: 'envoy',
      budgetPercent: budget.budget_percent,
      minRetryConcurrency: budget.min_retry_concurrency,
    }
  }
  return {
    policy: 'finagle',
    percentCanRetry: budget.percent_can_retry,
    minRetriesPerS: budget.min_retries_per_s,
    ttlMs: 1000 * budget.ttl_s,
  }
}

import type { Pool } from '../../../scenarios/schema/schema.ts'
import { type DeepCamel, inCamelCase } from '../camel-case.ts'
import { type Ms, OUTCOME, type Outcome } from '../ports.ts'

type Breakers = NonNullable<Pool['circuit_breakers']>

/** How many retries of a pool may be under way, or made; the rules of Envoy or of Finagle. */
export type RetryLimitPlan =
  /** at once, from the failure of the attempt before to the end of the retry */
  | { readonly policy: 'count'; readonly maxRetries: number }
  | DeepCamel<NonNullable<Breakers['retry_budget']>>

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

function limitPlan(breakers: Breakers | undefined): RetryLimitPlan {
  const budget = breakers?.retry_budget
  return budget === undefined
    ? { policy: 'count', maxRetries: breakers?.max_retries ?? MAX_RETRIES }
    : inCamelCase(budget)
}

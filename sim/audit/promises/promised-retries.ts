import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { FAILED, SHED, TIMED_OUT } from '../evidence/raw-rows.ts'

/** Retries by the proxy of a pool; times in ms. */
export interface PromisedRetries {
  /** outcomes of the row format */
  readonly retryOn: readonly number[]
  readonly numRetries: number
  readonly baseIntervalMs: number
  readonly maxIntervalMs: number
  readonly avoidsPrevious: boolean
  readonly limit:
    | { readonly policy: 'count'; readonly maxRetries: number }
    | {
        readonly policy: 'envoy'
        readonly budgetPercent: number
        readonly minRetryConcurrency: number
      }
    | {
        readonly policy: 'finagle'
        readonly percentCanRetry: number
        readonly minRetriesPerS: number
        readonly ttlMs: number
      }
  /** no retry is sent from here on */
  readonly untilMs: number
}

/** Thresholds of the proxy of a pool; Infinity for none. */
export interface PromisedBreaker {
  readonly maxPendingRequests: number
  readonly maxRequests: number
}

type Pool = Scenario['pools'][number]

const CODES = { failed: FAILED, shed: SHED, timed_out: TIMED_OUT } as const

export function promisedRetries(pool: Pool, untilMs: number): PromisedRetries | undefined {
  const policy = pool.retry_policy
  if (policy === undefined) return undefined
  const baseIntervalMs = policy.base_interval_ms
  return {
    retryOn: policy.retry_on.map((name) => CODES[name]),
    numRetries: policy.num_retries,
    baseIntervalMs,
    maxIntervalMs: policy.max_interval_ms ?? baseIntervalMs * 10,
    avoidsPrevious: policy.avoid_previous_hosts,
    limit: limitOf(pool),
    untilMs,
  }
}

function limitOf({ circuit_breakers: thresholds }: Pool): PromisedRetries['limit'] {
  const budget = thresholds?.retry_budget
  if (budget?.policy === 'envoy') {
    const { budget_percent: budgetPercent, min_retry_concurrency: minRetryConcurrency } = budget
    return { policy: 'envoy', budgetPercent, minRetryConcurrency }
  }
  if (budget?.policy === 'finagle') {
    return {
      policy: 'finagle',
      percentCanRetry: budget.percent_can_retry,
      minRetriesPerS: budget.min_retries_per_s,
      ttlMs: budget.ttl_s * 1000,
    }
  }
  return { policy: 'count', maxRetries: thresholds === undefined ? 3 : thresholds.max_retries }
}

export function promisedBreaker(pool: Pool): PromisedBreaker | undefined {
  const thresholds = pool.circuit_breakers
  if (thresholds === undefined) return undefined
  const pending = pool.queue.mode === 'shared' ? thresholds.max_pending_requests : Infinity
  return { maxPendingRequests: pending, maxRequests: thresholds.max_requests }
}

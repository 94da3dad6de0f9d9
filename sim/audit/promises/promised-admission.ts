import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type PromisedBreaker, promisedBreaker } from './promised-retries.ts'

/** Admission control of a pool. */
export interface PromisedAdmission {
  /** a request of a priority is rejected from this number of requests in the pool on */
  readonly priorityLimits: readonly { readonly priority: number; readonly limit: number }[]
  /** between predicted end and deadline; null without prediction */
  readonly deadlineMarginMs: number | null
  /** most requests in the pool */
  readonly concurrencyLimit: number
  readonly tokenBucket: {
    readonly everyMs: number
    readonly burst: number
    readonly per: 'pool' | 'class' | 'tenant'
  } | null
  /** interval after which a queue is overloaded, and the waiting limit during overload */
  readonly adaptiveLifo: { readonly intervalMs: number; readonly targetMs: number } | null
  /** absent where the proxy of the pool has no thresholds */
  readonly circuitBreaker?: PromisedBreaker | undefined
  /** what refusals tell clients; negative: send none again; absent for nothing */
  readonly retryPushbackMs?: number | undefined
}

export function promisedAdmission(pool: Scenario['pools'][number]): PromisedAdmission {
  const { priority, deadline, concurrency, token_bucket, adaptive_lifo } = pool.admission
  const bucket = token_bucket && {
    everyMs: 1000 / token_bucket.rate_rps,
    burst: token_bucket.burst,
    per: token_bucket.per,
  }
  const lifo = adaptive_lifo && {
    intervalMs: adaptive_lifo.interval_ms,
    targetMs: adaptive_lifo.target_ms,
  }
  return {
    priorityLimits: Object.entries(priority?.limits ?? {}).map(([level, most]) => ({
      priority: Number(level),
      limit: most,
    })),
    deadlineMarginMs: deadline?.margin_ms ?? null,
    concurrencyLimit: concurrency?.limit ?? Infinity,
    tokenBucket: bucket ?? null,
    adaptiveLifo: lifo ?? null,
    circuitBreaker: promisedBreaker(pool),
    retryPushbackMs: pool.admission.retry_pushback_ms,
  }
}

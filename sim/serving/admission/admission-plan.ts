import type { Pool } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../ports.ts'

const endless = Number.POSITIVE_INFINITY

/** Which requests a pool admits. */
export interface AdmissionPlan {
  /** requests in the pool from which one of that priority is refused */
  readonly priorityLimits: readonly { readonly priority: number; readonly limit: number }[]
  /** how long before its deadline a request must be predicted to end; null: not predicted */
  readonly deadlineMarginMs: Ms | null
  /** requests in the pool; Infinity for no limit */
  readonly concurrencyLimit: number
  readonly tokenBucket: TokenBucketPlan | null
  readonly adaptiveLifo: AdaptiveLifoPlan | null
  /** thresholds of the proxy in front of the pool; absent for none */
  readonly circuitBreaker?: CircuitBreakerPlan
  /** what its refusals tell clients, see hedging/pushback.ts; absent for nothing */
  readonly retryPushbackMs?: Ms
}

export interface TokenBucketPlan {
  /** from one token to the next */
  readonly everyMs: Ms
  /** tokens that it holds */
  readonly burst: number
  /** the classes that share a bucket */
  readonly per: 'pool' | 'class' | 'tenant'
}

export interface CircuitBreakerPlan {
  /** requests that wait for a replica; Infinity where a queue is at each replica */
  readonly maxPendingRequests: number
  /** requests at the replicas */
  readonly maxRequests: number
}

export interface AdaptiveLifoPlan {
  /** a queue that has not been empty for so long is overloaded; the longest wait until it is */
  readonly intervalMs: Ms
  /** the longest wait of requests that arrive in overload */
  readonly targetMs: Ms
}

/** Every request is admitted. */
export const OPEN_ADMISSION: AdmissionPlan = Object.freeze({
  priorityLimits: [],
  deadlineMarginMs: null,
  concurrencyLimit: endless,
  tokenBucket: null,
  adaptiveLifo: null,
})

export function admissionPlan({
  admission,
  queue,
  circuit_breakers: breakers,
}: Pick<Pool, 'admission' | 'queue' | 'circuit_breakers'>): AdmissionPlan {
  const { priority, deadline, concurrency, token_bucket: bucket, adaptive_lifo: lifo } = admission
  return {
    priorityLimits: Object.entries(priority?.limits ?? {}).map(([level, limit]) => ({
      priority: Number(level),
      limit,
    })),
    deadlineMarginMs: deadline?.margin_ms ?? null,
    concurrencyLimit: concurrency?.limit ?? endless,
    tokenBucket: bucket
      ? { everyMs: 1000 / bucket.rate_rps, burst: bucket.burst, per: bucket.per }
      : null,
    adaptiveLifo: lifo ? { intervalMs: lifo.interval_ms, targetMs: lifo.target_ms } : null,
    ...(admission.retry_pushback_ms !== undefined && {
      retryPushbackMs: admission.retry_pushback_ms,
    }),
    ...(breakers && {
      circuitBreaker: {
        maxPendingRequests: queue.mode === 'shared' ? breakers.max_pending_requests : endless,
        maxRequests: breakers.max_requests,
      },
    }),
  }
}

import type { Ms } from '../ports.ts'
import type { RetryLimitPlan } from './retry-plan.ts'

/** Whether another retry of a pool may be made. */
export interface RetryLimit {
  /** A request has come; retries do not count. */
  called(now: Ms): void
  /**
   * `retrying`: retries that wait for their back-off or are under way; `active`: requests in the
   * pool, waiting and running.
   */
  allows(now: Ms, retrying: number, active: number): boolean
  /** A retry was granted. */
  retried(now: Ms): void
}

/**
 * Envoy's thresholds (circuit_breaker.proto; RetryBudgetImpl in resource_manager_impl.h): another
 * retry may be made while fewer than `maxRetries` are under way, or than the percentage of active
 * and pending requests, cut to a whole number, and at least `minRetryConcurrency`.
 */
export function mostRetries(
  plan: Exclude<RetryLimitPlan, { policy: 'finagle' }>,
  active: number,
): number {
  if (plan.policy === 'count') return plan.maxRetries
  const share = Math.floor((plan.budgetPercent / 100) * active)
  return Math.max(share, plan.minRetryConcurrency)
}

/** Tokens that a request adds (Finagle, RetryBudget.scala: ScaleFactor). */
const DEPOSIT = 1000
/** A time to live has so many slices, each of which expires at once (WindowedAdder). */
const SLICES = 10

/**
 * Finagle's RetryBudget: each request adds tokens that live for `ttlS`, a retry takes as many as
 * `100 / percentCanRetry` requests add, and the takings expire too. In reserve are tokens for
 * `minRetriesPerS` over the time to live.
 */
class TokenBudget implements RetryLimit {
  readonly #sliceMs: Ms
  readonly #deposit: number
  readonly #withdrawal: number
  readonly #reserve: number
  readonly #slices = new Float64Array(SLICES)
  /** number of the newest slice since the start */
  #newest = 0

  constructor(plan: Extract<RetryLimitPlan, { policy: 'finagle' }>) {
    const { percentCanRetry, minRetriesPerS, ttlS } = plan
    this.#sliceMs = (1000 * ttlS) / SLICES
    this.#deposit = percentCanRetry === 0 ? 0 : DEPOSIT
    this.#withdrawal = percentCanRetry === 0 ? 1 : Math.trunc((100 * DEPOSIT) / percentCanRetry)
    this.#reserve = minRetriesPerS * ttlS * this.#withdrawal
  }

  called(now: Ms): void {
    this.#add(now, this.#deposit)
  }

  allows(now: Ms): boolean {
    this.#add(now, 0)
    const balance = this.#slices.reduce((sum, tokens) => sum + tokens, this.#reserve)
    return balance >= this.#withdrawal
  }

  retried(now: Ms): void {
    this.#add(now, -this.#withdrawal)
  }

  #add(now: Ms, tokens: number): void {
    const slice = Math.floor(now / this.#sliceMs)
    const expired = Math.min(SLICES, slice - this.#newest)
    for (let i = 0; i < expired; i++) this.#slices[(slice - i) % SLICES] = 0
    this.#newest = Math.max(this.#newest, slice)
    this.#slices[this.#newest % SLICES]! += tokens
  }
}

export function retryLimit(plan: RetryLimitPlan): RetryLimit {
  if (plan.policy === 'finagle') return new TokenBudget(plan)
  return {
    called() {},
    allows: (_now, retrying, active) => retrying < mostRetries(plan, active),
    retried() {},
  }
}

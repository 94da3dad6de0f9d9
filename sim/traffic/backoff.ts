import { hashedUniform } from '../kernel/index.ts'
import type { Ms } from '../serving/index.ts'

/** How often and how soon a client tries again. */
export interface RetryPlan {
  /** of one call, the first included */
  readonly maxAttempts: number
  readonly backoffMs: Ms
  readonly multiplier: number
  /** Infinity for no limit */
  readonly maxBackoffMs: Ms
  readonly jitter: 'none' | 'full' | 'equal'
  /** null for no budget */
  readonly budget: RetryBudgetPlan | null
}

export interface RetryBudgetPlan {
  /** retries that each call allows its class, in the mean */
  readonly ratio: number
  /** retries that may be saved up */
  readonly burst: number
}

const PURPOSE = 0x27d4eb2f

/**
 * How long a client waits after its `attempt`-th attempt: exponential, with the jitter of Brooker
 * 2015 (full: anywhere up to it; equal: in its upper half). Drawn from a hash of the attempt's key.
 */
export function backoff(plan: RetryPlan, attempt: number, key: number): Ms {
  const most = Math.min(plan.maxBackoffMs, plan.backoffMs * plan.multiplier ** (attempt - 1))
  if (plan.jitter === 'none') return most
  const share = hashedUniform(key, PURPOSE)
  return plan.jitter === 'full' ? most * share : (most * (1 + share)) / 2
}

/**
 * A budget that all clients of a class share: each call adds `ratio` to it, each retry takes 1. It
 * begins full.
 */
export class RetryBudget {
  readonly #plan: RetryBudgetPlan | null
  #left: number

  constructor(plan: RetryBudgetPlan | null) {
    this.#plan = plan
    this.#left = plan?.burst ?? Number.POSITIVE_INFINITY
  }

  get allowsRetry(): boolean {
    return this.#left >= 1
  }

  called(): void {
    if (this.#plan === null) return
    this.#left = Math.min(this.#plan.burst, this.#left + this.#plan.ratio)
  }

  retried(): void {
    this.#left--
  }
}

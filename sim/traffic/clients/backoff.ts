import { hashedUniform } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'

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

/** Numbers of so many digits are added up exactly. */
const DIGITS = 15

/**
 * A budget that all clients of a class share: each call adds `ratio` to it, each retry takes 1. It
 * begins full. Counted in whole units of the last decimal place that ratio and burst are written
 * with, as sums of fractions would lose retries to rounding; of more digits sums are rounded.
 */
export class RetryBudget {
  /** of one retry, of a call, and when full; Infinity without a budget */
  readonly #retry: number
  readonly #call: number
  readonly #full: number
  #left: number

  constructor(plan: RetryBudgetPlan | null) {
    const { ratio, burst } = plan ?? { ratio: 0, burst: Number.POSITIVE_INFINITY }
    const wholeDigits = Math.ceil(Math.log10(1 + ratio + (plan?.burst ?? 0)))
    const places = Math.max(decimalPlaces(ratio), decimalPlaces(burst))
    const exact = places + wholeDigits <= DIGITS
    this.#retry = exact ? 10 ** places : 1
    this.#call = exact ? Math.round(ratio * this.#retry) : ratio
    this.#full = exact ? Math.round(burst * this.#retry) : burst
    this.#left = this.#full
  }

  get allowsRetry(): boolean {
    return this.#left >= this.#retry
  }

  called(): void {
    this.#left = Math.min(this.#full, this.#left + this.#call)
  }

  retried(): void {
    this.#left -= this.#retry
  }
}

/** Of the shortest decimal number that stands for it. */
function decimalPlaces(value: number): number {
  if (!Number.isFinite(value)) return 0
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent))
}

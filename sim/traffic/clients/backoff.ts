import { hashedUniform } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'

/** How often and how soon a client retries. */
export interface RetryPlan {
  /** per call, including the first */
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
  /** mean number of retries that each call allows its class */
  readonly ratio: number
  /** most retries that the budget stores */
  readonly burst: number
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

/** Sums of numbers with up to this many digits are exact. */
const DIGITS = 15

/**
 * A budget shared by all clients of a class: each call adds `ratio`, each retry takes 1. It starts
 * full. It counts in units of the last decimal place of ratio and burst, because sums of fractions
 * would lose retries to rounding. Where those have too many digits, it rounds.
 */
export class RetryBudget {
  /** units of one retry, of a call, and when full; Infinity without a budget */
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

/** Decimal places of the shortest decimal number with this value. */
function decimalPlaces(value: number): number {
  if (!Number.isFinite(value)) return 0
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent))
}

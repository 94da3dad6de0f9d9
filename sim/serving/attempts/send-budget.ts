/** A limit on what a class sends beyond its calls: retries, or copies of requests. */
export interface SendBudgetPlan {
  /** mean number that each call allows its class */
  readonly ratio: number
  /** most that the budget stores */
  readonly burst: number
}

/** Sums of numbers with up to this many digits are exact. */
const DIGITS = 15

/**
 * A budget shared by all clients of a class: each call adds `ratio`, each retry or copy takes 1. It
 * starts full. It counts in units of the last decimal place of ratio and burst, because sums of
 * fractions would lose some to rounding. Where those have too many digits, it rounds.
 */
export class SendBudget {
  /** units of one of them, of a call, and when full; Infinity without a budget */
  readonly #unitsOfSend: number
  readonly #call: number
  readonly #full: number
  #left: number

  constructor(plan: SendBudgetPlan | null) {
    const { ratio, burst } = plan ?? { ratio: 0, burst: Number.POSITIVE_INFINITY }
    const wholeDigits = Math.ceil(Math.log10(1 + ratio + (plan?.burst ?? 0)))
    const places = Math.max(decimalPlaces(ratio), decimalPlaces(burst))
    const exact = places + wholeDigits <= DIGITS
    this.#unitsOfSend = exact ? 10 ** places : 1
    this.#call = exact ? Math.round(ratio * this.#unitsOfSend) : ratio
    this.#full = exact ? Math.round(burst * this.#unitsOfSend) : burst
    this.#left = this.#full
  }

  get allows(): boolean {
    return this.#left >= this.#unitsOfSend
  }

  called(): void {
    this.#left = Math.min(this.#full, this.#left + this.#call)
  }

  sent(): void {
    this.#left -= this.#unitsOfSend
  }
}

/** Decimal places of the shortest decimal number with this value. */
function decimalPlaces(value: number): number {
  if (!Number.isFinite(value)) return 0
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(exponent))
}

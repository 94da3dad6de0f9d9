/** Tokens that a class shares (gRPC A6, "Throttling Retry Attempts and Hedged RPCs"). */
export interface ThrottlingPlan {
  readonly maxTokens: number
  /** in steps of 0.001 */
  readonly tokenRatio: number
}

/** Counts in thousandths, as sums of fractions would be rounded. */
export class Throttling {
  readonly #full: number
  readonly #ratio: number
  #tokens: number

  constructor({ maxTokens, tokenRatio }: ThrottlingPlan) {
    this.#full = 1000 * maxTokens
    this.#ratio = Math.round(1000 * tokenRatio)
    this.#tokens = this.#full
  }

  get tokens(): number {
    return this.#tokens / 1000
  }

  get allows(): boolean {
    return this.#tokens > this.#full / 2
  }

  failed(): void {
    this.#tokens = Math.max(0, this.#tokens - 1000)
  }

  succeeded(): void {
    this.#tokens = Math.min(this.#full, this.#tokens + this.#ratio)
  }
}

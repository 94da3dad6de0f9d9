/** Weights of the last value: 1 is the last value alone, 0.05 a mean of some 40 values. */
const WEIGHTS = [1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05] as const

/**
 * The best forecast that expects no change: the exponential mean of those weights whose past
 * forecasts at the horizon were best. The last value (naive) is one of them. It is what a reactive
 * scaler with the best window would know, so a forecast has to beat it to be worth anything.
 */
export class FlatForecast {
  readonly #levels = WEIGHTS.map(() => Number.NaN)
  readonly #errors = WEIGHTS.map(() => 0)
  /** forecasts of the last steps, one list for each step of the horizon */
  readonly #pending: (readonly number[])[] = []
  readonly #horizon: number
  readonly #fading: number
  #steps = 0

  /** Errors fade over so many steps. */
  constructor(horizon: number, memory: number) {
    this.#horizon = horizon
    this.#fading = 1 - 1 / memory
  }

  observe(value: number): void {
    const due = this.#pending[this.#steps % this.#horizon]
    for (const [i, weight] of WEIGHTS.entries()) {
      if (due !== undefined) {
        this.#errors[i] = this.#errors[i]! * this.#fading + Math.abs(value - due[i]!)
      }
      const level = this.#levels[i]!
      this.#levels[i] = Number.isNaN(level) ? value : level + weight * (value - level)
    }
    this.#pending[this.#steps % this.#horizon] = [...this.#levels]
    this.#steps++
  }

  /** The level that it expects to last; NaN before the first value. */
  get level(): number {
    return this.#levels[this.#errors.indexOf(Math.min(...this.#errors))]!
  }
}

/** Forecasts of one value, each made at the horizon before it. */
export interface Forecasts {
  readonly own: number
  readonly naive: number
  readonly seasonal: number
}

/** Fewer scores than this decide nothing. */
const FEWEST = 30

/** The mean absolute errors of the last forecasts, and how far values exceeded them. */
export class ForecastScores {
  readonly #kept: number
  readonly #errors: { readonly [K in keyof Forecasts]: number }[] = []
  /** value over forecast, less 1, of our forecast and of the last value */
  readonly #excess: { readonly own: number; readonly naive: number }[] = []
  #sorted: { readonly own: readonly number[]; readonly naive: readonly number[] } | null = null

  constructor(kept: number) {
    this.#kept = Math.max(FEWEST, kept)
  }

  add(value: number, { own, naive, seasonal }: Forecasts): void {
    const errors = this.#errors
    errors.push({
      own: Math.abs(value - own),
      naive: Math.abs(value - naive),
      seasonal: Math.abs(value - seasonal),
    })
    const over = (forecast: number) => (forecast > 0 ? value / forecast - 1 : value > 0 ? 1 : 0)
    this.#excess.push({ own: over(own), naive: over(naive) })
    if (errors.length > this.#kept) {
      errors.shift()
      this.#excess.shift()
    }
    this.#sorted = null
  }

  get count(): number {
    return this.#errors.length
  }

  /** Mean absolute error; NaN while there is none. */
  error(of: keyof Forecasts): number {
    const errors = this.#errors
    return errors.reduce((sum, error) => sum + error[of], 0) / errors.length
  }

  /** Whether our forecasts are better than the last value; not before there are enough of them. */
  get beatsNaive(): boolean {
    return this.count >= FEWEST && this.error('own') < this.error('naive')
  }

  get decided(): boolean {
    return this.count >= FEWEST
  }

  /** The share of a forecast that a share of all values did not exceed, at least 0. */
  headroom(of: 'own' | 'naive', quantile: number): number {
    this.#sorted ??= {
      own: this.#excess.map(({ own }) => own).sort((a, b) => a - b),
      naive: this.#excess.map(({ naive }) => naive).sort((a, b) => a - b),
    }
    const sorted = this.#sorted[of]
    const at = Math.min(sorted.length - 1, Math.ceil(quantile * sorted.length) - 1)
    return Math.max(0, sorted[Math.max(0, at)] ?? 0)
  }
}

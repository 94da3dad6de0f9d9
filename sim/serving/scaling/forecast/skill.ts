/** Fewer forecasts than this decide nothing. */
export const FEWEST_FORECASTS = 30

/** One-sided, at 5 %. */
const SIGNIFICANT = 1.645

/**
 * Whether forecasts are better than others of the same values by more than chance: the test of
 * Diebold and Mariano (1995) on the difference of absolute errors, whose variance counts the lags
 * within the horizon (Newey and West 1987).
 */
export class Skill {
  readonly #kept: number
  readonly #horizon: number
  readonly #gains: number[] = []
  #better: boolean | null = null

  /** The last forecasts that are kept, and the steps at which each was made before its value. */
  constructor(kept: number, horizon: number) {
    this.#kept = Math.max(FEWEST_FORECASTS, kept)
    this.#horizon = horizon
  }

  /** The absolute error of the other forecast less that of ours. */
  add(gain: number): void {
    this.#gains.push(gain)
    if (this.#gains.length > this.#kept) this.#gains.shift()
    this.#better = null
  }

  get decided(): boolean {
    return this.#gains.length >= FEWEST_FORECASTS
  }

  get better(): boolean {
    this.#better ??= this.decided && this.#statistic() > SIGNIFICANT
    return this.#better
  }

  #statistic(): number {
    const gains = this.#gains
    const count = gains.length
    const mean = gains.reduce((sum, gain) => sum + gain, 0) / count
    let variance = 0
    for (let lag = 0; lag < Math.min(count, this.#horizon); lag++) {
      let joint = 0
      for (let i = lag; i < count; i++) joint += (gains[i]! - mean) * (gains[i - lag]! - mean)
      variance += (lag === 0 ? 1 : 2 * (1 - lag / this.#horizon)) * (joint / count)
    }
    return mean / Math.sqrt(Math.max(variance, Number.MIN_VALUE) / count)
  }
}

/** The errors of the last forecasts of one kind. */
export class ForecastErrors {
  readonly #kept: number
  readonly #values: { readonly error: number; readonly excess: number }[] = []
  /** value over forecast, less 1, in order */
  readonly #sorted: number[] = []
  #sum = 0

  constructor(kept: number) {
    this.#kept = kept
  }

  add(value: number, forecast: number): void {
    const error = Math.abs(value - forecast)
    const excess = forecast > 0 ? value / forecast - 1 : value > 0 ? 1 : 0
    this.#values.push({ error, excess })
    this.#sum += error
    this.#sorted.splice(placeIn(this.#sorted, excess), 0, excess)
    if (this.#values.length <= this.#kept) return
    const old = this.#values.shift()!
    this.#sum -= old.error
    this.#sorted.splice(placeIn(this.#sorted, old.excess), 1)
  }

  get count(): number {
    return this.#values.length
  }

  /** Mean absolute error; NaN while there is none. */
  get mean(): number {
    return this.#sum / this.#values.length
  }

  /** The share of a forecast above it that a share of all values did not exceed, at least 0. */
  headroom(quantile: number): number {
    const index = Math.max(0, Math.ceil(quantile * this.#sorted.length) - 1)
    return Math.max(0, this.#sorted[index] ?? 0)
  }
}

/** The first place of a sorted list whose value is not below another. */
function placeIn(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

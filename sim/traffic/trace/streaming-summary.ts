import { Histogram } from '../../stats/index.ts'

/** With more distinct values, quantiles come from a histogram. */
const MOST_VALUES = 65_536
/** Relative error of the histogram's quantiles: see `Histogram`. */
const BINNED_ERROR = 0.0079

/**
 * Mean, variation and quantiles of values of at least 0, in constant memory. Exact up to 65,536
 * distinct values, otherwise within 0.79 % between 1e-6 and 1e9.
 */
export class StreamingSummary {
  count = 0
  max = Number.NEGATIVE_INFINITY

  readonly #mostValues: number
  /** number of each value; null once there are too many values */
  #values: Map<number, number> | null = new Map()
  readonly #histogram = new Histogram()
  /** sums are of differences from the first value, to avoid cancellation */
  #first = Number.NaN
  #sum = 0
  #squares = 0

  constructor(mostValues = MOST_VALUES) {
    this.#mostValues = mostValues
  }

  get mean(): number {
    return this.#first + this.#sum / this.count
  }

  get variance(): number {
    return Math.max(0, this.#squares / this.count - (this.#sum / this.count) ** 2)
  }

  /** Coefficient of variation; 0 where all values are 0. */
  get cv(): number {
    return this.max === 0 ? 0 : Math.sqrt(this.variance) / this.mean
  }

  /** Relative error of the quantiles. */
  get error(): number {
    return this.#values === null ? BINNED_ERROR : 0
  }

  /** `times`: how often the value is added. */
  add(value: number, times = 1): void {
    if (times === 0) return
    if (this.count === 0) this.#first = value
    const difference = value - this.#first
    this.count += times
    this.#sum += times * difference
    this.#squares += times * difference * difference
    if (value > this.max) this.max = value
    if (this.#values === null) this.#bin(value, times)
    else this.#values.set(value, (this.#values.get(value) ?? 0) + times)
    if (this.#values !== null && this.#values.size > this.#mostValues) this.#pour(this.#values)
  }

  /** Quantiles for rising probabilities (Hyndman and Fan 1996, type 7; nearest rank from bins). */
  quantiles(levels: readonly number[]): number[] {
    const values = this.#values
    if (values === null) return levels.map((p) => this.#histogram.quantile(p))
    const sorted = Float64Array.from(values.keys()).sort()
    let i = 0
    let until = values.get(sorted[0]!) ?? 0
    /** the value of a rank from 0; ranks must rise */
    const ranked = (rank: number) => {
      while (until <= rank) until += values.get(sorted[++i]!)!
      return sorted[i]!
    }
    return levels.map((p) => {
      const at = p * (this.count - 1)
      const low = ranked(Math.floor(at))
      // looks ahead without advancing, because the next level may be in the same interval
      const next = until > Math.floor(at) + 1 ? low : (sorted[i + 1] ?? low)
      return low + (at - Math.floor(at)) * (next - low)
    })
  }

  #pour(values: ReadonlyMap<number, number>): void {
    for (const [value, times] of values) this.#bin(value, times)
    this.#values = null
  }

  #bin(value: number, times: number): void {
    for (let i = 0; i < times; i++) this.#histogram.record(value)
  }
}

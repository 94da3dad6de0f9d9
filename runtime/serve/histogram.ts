/** Counts of values up to each bound, as Prometheus has them. */
export class Histogram {
  /** rising; the last bucket is that of all values */
  readonly bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    const bucket = this.bounds.findIndex((bound) => value <= bound)
    this.#counts[bucket < 0 ? this.bounds.length : bucket]!++
    this.#sum += value
  }

  get sum(): number {
    return this.#sum
  }

  /** Values up to each bound, and all values. */
  cumulative(): number[] {
    let count = 0
    return Array.from(this.#counts, (more) => (count += more))
  }
}

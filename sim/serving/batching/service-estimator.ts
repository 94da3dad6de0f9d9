import type { Ms } from '../ports.ts'

const KEPT = 50

/**
 * Predicts how long a batch takes from the last 50 observed ones: linear in what a batch computes,
 * by least squares, and never falling. While all of them computed the same, time is taken to grow
 * in proportion beyond it, which is the worst case.
 */
export class ServiceEstimator {
  readonly #computed = new Float64Array(KEPT)
  readonly #ms = new Float64Array(KEPT)
  #count = 0
  #slope = 0
  #base: Ms = Number.POSITIVE_INFINITY
  /** what all batches computed; Infinity where they differ */
  #only = Number.POSITIVE_INFINITY

  /** `computed`: members times padded length, or the sum of lengths where nothing is padded. */
  observe(computed: number, ms: Ms): void {
    const place = this.#count++ % KEPT
    this.#computed[place] = computed
    this.#ms[place] = ms
    this.#fit(Math.min(this.#count, KEPT))
  }

  /** Infinity before anything was observed, ms. */
  predict(computed: number): Ms {
    const ms = this.#base + this.#slope * computed
    return computed > this.#only ? (ms * computed) / this.#only : ms
  }

  #fit(count: number): void {
    let meanComputed = 0
    let meanMs = 0
    for (let i = 0; i < count; i++) {
      meanComputed += this.#computed[i]! / count
      meanMs += this.#ms[i]! / count
    }
    let covariance = 0
    let variance = 0
    for (let i = 0; i < count; i++) {
      const deviation = this.#computed[i]! - meanComputed
      covariance += deviation * (this.#ms[i]! - meanMs)
      variance += deviation * deviation
    }
    // means of equal numbers may differ from them by rounding
    const isOneSize = variance <= 1e-12 * meanComputed * meanComputed
    this.#only = isOneSize ? meanComputed : Number.POSITIVE_INFINITY
    this.#slope = isOneSize ? 0 : Math.max(0, covariance / variance)
    this.#base = Math.max(0, meanMs - this.#slope * meanComputed)
  }
}

import type { Ms } from '../../serving/index.ts'
import { StreamingSummary } from './streaming-summary.ts'

/** Counts of arrivals in windows of one length; only whole windows count. */
export interface WindowStatistics {
  readonly window_s: number
  readonly windows: number
  readonly mean: number
  readonly peak: number
  /** start of the first window with that many, s after the first arrival */
  readonly peak_at_s: number
  readonly peak_to_mean: number
  readonly p99_to_mean: number
  /** variance over mean of the counts: 1 for Poisson arrivals, more for bursts */
  readonly dispersion: number
  /** share of windows without a request */
  readonly idle_share: number
}

/** Counts arrivals in consecutive windows; stores the count of the current one only. */
export class WindowCounts {
  readonly #windowS: number
  readonly #windowMs: Ms
  readonly #counts = new StreamingSummary()
  #window = 0
  #count = 0
  #idle = 0
  #peak = -1
  #peakWindow = 0

  constructor(windowS: number) {
    this.#windowS = windowS
    this.#windowMs = 1000 * windowS
  }

  /** `time`: since the first arrival, ms, not falling. */
  add(time: Ms): void {
    const window = Math.floor(time / this.#windowMs)
    if (window > this.#window) {
      this.#counts.add(this.#count)
      if (this.#count > this.#peak) {
        this.#peak = this.#count
        this.#peakWindow = this.#window
      }
      const silent = window - this.#window - 1
      this.#counts.add(0, silent)
      this.#idle += silent
      this.#window = window
      this.#count = 0
    }
    this.#count++
  }

  /** `durationMs`: time of the last arrival. Null with fewer than two whole windows. */
  statistics(durationMs: Ms): WindowStatistics | null {
    // the window of the last arrival is not whole
    const windows = Math.floor(durationMs / this.#windowMs)
    if (windows < 2) return null
    const { mean, max: peak, variance } = this.#counts
    return {
      window_s: this.#windowS,
      windows,
      mean,
      peak,
      peak_at_s: (this.#peakWindow * this.#windowMs) / 1000,
      peak_to_mean: peak / mean,
      p99_to_mean: this.#counts.quantiles([0.99])[0]! / mean,
      dispersion: variance / mean,
      idle_share: this.#idle / windows,
    }
  }
}

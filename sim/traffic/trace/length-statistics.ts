import { StreamingSummary } from './streaming-summary.ts'

/** A column of lengths: percentiles by linear interpolation (Hyndman and Fan 1996, type 7). */
export interface LengthSummary {
  readonly p1: number
  readonly p5: number
  readonly p25: number
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p99_9: number
  readonly mean: number
  readonly max: number
  readonly cv: number
  /** relative error of the percentiles; 0 where they are exact */
  readonly percentile_error: number
  /** share of the lengths from `from` to below `to` */
  readonly shares: readonly { readonly from: number; readonly to: number; readonly share: number }[]
}

const LEVELS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]
const BINS_AN_OCTAVE = 4
/** lengths are below 2^32 */
const BINS = 32 * BINS_AN_OCTAVE + 1

/** Edge of a bin; the first bin, below 1, has lengths of 0. */
const edge = (bin: number) => (bin === 0 ? 0 : 2 ** ((bin - 1) / BINS_AN_OCTAVE))

/** Percentiles and histogram of a stream of lengths. */
export class LengthStatistics {
  readonly #spread = new StreamingSummary()
  readonly #bins = new Float64Array(BINS)

  add(length: number): void {
    this.#spread.add(length)
    const bin = length < 1 ? 0 : 1 + Math.floor(BINS_AN_OCTAVE * Math.log2(length))
    this.#bins[Math.min(bin, BINS - 1)]!++
  }

  summary(): LengthSummary {
    const { mean, max, cv, error, count } = this.#spread
    const [p1, p5, p25, p50, p75, p90, p95, p99, p99_9] = this.#spread.quantiles(LEVELS)
    const first = this.#bins.findIndex((inBin) => inBin > 0)
    const last = this.#bins.findLastIndex((inBin) => inBin > 0)
    const shares = Array.from(this.#bins.subarray(first, last + 1), (inBin, i) => ({
      from: edge(first + i),
      to: edge(first + i + 1),
      share: inBin / count,
    }))
    return {
      p1: p1!,
      p5: p5!,
      p25: p25!,
      p50: p50!,
      p75: p75!,
      p90: p90!,
      p95: p95!,
      p99: p99!,
      p99_9: p99_9!,
      mean,
      max,
      cv,
      percentile_error: error,
      shares,
    }
  }
}

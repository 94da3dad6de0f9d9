import { StreamingSummary } from './streaming-summary.ts'

const LEVELS = Object.freeze({
  p1: 0.01,
  p5: 0.05,
  p25: 0.25,
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p99_9: 0.999,
})
type Level = keyof typeof LEVELS

/** A column of lengths: percentiles by linear interpolation (Hyndman and Fan 1996, type 7). */
export interface LengthSummary extends Readonly<Record<Level, number>> {
  readonly mean: number
  readonly max: number
  readonly cv: number
  /** relative error of the percentiles; 0 where they are exact */
  readonly percentile_error: number
  /** share of the lengths from `from` to below `to` */
  readonly shares: readonly { readonly from: number; readonly to: number; readonly share: number }[]
}

const BINS_AN_OCTAVE = 4
/** lengths are below 2^32 */
const BINS = 32 * BINS_AN_OCTAVE + 1

/** Edge of a bin; the first bin, below 1, has lengths of 0. */
const edge = (bin: number) => (bin === 0 ? 0 : 2 ** ((bin - 1) / BINS_AN_OCTAVE))

/** Percentiles and histogram of a stream of lengths. */
export class LengthStatistics {
  readonly #summary = new StreamingSummary()
  readonly #bins = new Float64Array(BINS)

  add(length: number): void {
    this.#summary.add(length)
    const bin = length < 1 ? 0 : 1 + Math.floor(BINS_AN_OCTAVE * Math.log2(length))
    this.#bins[Math.min(bin, BINS - 1)]!++
  }

  summary(): LengthSummary {
    const { mean, max, cv, error, count } = this.#summary
    const quantiles = this.#summary.quantiles(Object.values(LEVELS))
    const levels = Object.keys(LEVELS).map((level, i) => [level, quantiles[i]!] as const)
    const first = this.#bins.findIndex((inBin) => inBin > 0)
    const last = this.#bins.findLastIndex((inBin) => inBin > 0)
    const shares = Array.from(this.#bins.subarray(first, last + 1), (inBin, i) => ({
      from: edge(first + i),
      to: edge(first + i + 1),
      share: inBin / count,
    }))
    return {
      ...(Object.fromEntries(levels) as Record<Level, number>),
      mean,
      max,
      cv,
      percentile_error: error,
      shares,
    }
  }
}

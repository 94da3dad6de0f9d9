import type { Ms } from '../serving/index.ts'

/** Rows of a trace: rising times, ms from the first one on; lengths where it has them. */
export interface TraceSample {
  readonly times: Float64Array
  readonly lengths: ArrayLike<number> | null
  readonly outputs: ArrayLike<number> | null
}

/** How arrivals fall into windows of one length; only whole windows count. */
export interface WindowStatistics {
  readonly window_s: number
  readonly windows: number
  readonly mean: number
  readonly peak: number
  readonly peak_to_mean: number
  readonly p99_to_mean: number
  /** variance over mean of the counts: 1 for Poisson arrivals, more for bursts */
  readonly dispersion: number
  /** share of windows without a request */
  readonly idle_share: number
}

/** A column of lengths: percentiles by linear interpolation (Hyndman and Fan 1996, type 7). */
export interface LengthStatistics {
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
}

export interface TraceStatistics {
  readonly rows: number
  readonly duration_s: number
  readonly mean_rps: number
  /** of the gaps between rows, s */
  readonly gaps: {
    readonly cv: number
    readonly p50: number
    readonly p99: number
    readonly max: number
    readonly zero_share: number
  }
  readonly windows: readonly WindowStatistics[]
  readonly input_tokens: LengthStatistics | null
  readonly output_tokens: LengthStatistics | null
  /** of input and output lengths (Pearson) */
  readonly correlation: number | null
  /** useful share of the work where rows in a row are batched and padded to the longest */
  readonly padding: readonly { readonly batch: number; readonly useful: number }[]
}

export const WINDOWS_S = [0.1, 1, 10, 60, 300] as const
export const BATCHES = [2, 4, 8, 16, 32, 64] as const

/** Rate, burstiness and lengths of a trace. */
export function traceStatistics({ times, lengths, outputs }: TraceSample): TraceStatistics {
  const rows = times.length
  const duration_s = (times[rows - 1]! - times[0]!) / 1000
  const gaps = Float64Array.from(times.subarray(1), (time, i) => (time - times[i]!) / 1000).sort()
  return {
    rows,
    duration_s,
    mean_rps: rows / duration_s,
    gaps: {
      cv: variation(gaps),
      p50: quantile(gaps, 0.5),
      p99: quantile(gaps, 0.99),
      max: gaps.at(-1) ?? 0,
      zero_share: gaps.filter((gap) => gap === 0).length / gaps.length,
    },
    windows: WINDOWS_S.flatMap((window_s) => windowStatistics(times, window_s)),
    input_tokens: lengths && lengthStatistics(lengths),
    output_tokens: outputs && lengthStatistics(outputs),
    correlation: lengths && outputs && correlation(lengths, outputs),
    padding:
      lengths === null ? [] : BATCHES.map((batch) => ({ batch, useful: useful(lengths, batch) })),
  }
}

function windowStatistics(times: Float64Array, window_s: number): WindowStatistics[] {
  const windowMs: Ms = window_s * 1000
  const whole = Math.floor((times.at(-1)! - times[0]!) / windowMs)
  if (whole < 2) return []
  const counts = new Float64Array(whole)
  for (const time of times) {
    const i = Math.floor((time - times[0]!) / windowMs)
    if (i < whole) counts[i]!++
  }
  const mean = average(counts)
  const sorted = counts.toSorted()
  const variance = average(counts.map((count) => (count - mean) ** 2))
  const peak = sorted.at(-1)!
  return [
    {
      window_s,
      windows: whole,
      mean,
      peak,
      peak_to_mean: peak / mean,
      p99_to_mean: quantile(sorted, 0.99) / mean,
      dispersion: variance / mean,
      idle_share: counts.filter((count) => count === 0).length / whole,
    },
  ]
}

function lengthStatistics(lengths: ArrayLike<number>): LengthStatistics {
  const sorted = Float64Array.from(lengths).sort()
  const at = (p: number) => quantile(sorted, p)
  return {
    p1: at(0.01),
    p5: at(0.05),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p99_9: at(0.999),
    mean: average(sorted),
    max: sorted.at(-1)!,
    cv: variation(sorted),
  }
}

function quantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!)
}

function average(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

function variation(values: Float64Array): number {
  const mean = average(values)
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2))) / mean
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const x = Float64Array.from(a)
  const y = Float64Array.from(b)
  const [meanX, meanY] = [average(x), average(y)]
  const covariance = average(x.map((value, i) => (value - meanX) * (y[i]! - meanY)))
  return covariance / (meanX * variation(x) * meanY * variation(y))
}

/** Share of a padded batch that is of use, over all whole batches of rows one after another. */
function useful(lengths: ArrayLike<number>, batch: number): number {
  let sum = 0
  let padded = 0
  for (let from = 0; from + batch <= lengths.length; from += batch) {
    let longest = 0
    for (let i = from; i < from + batch; i++) {
      sum += lengths[i]!
      longest = Math.max(longest, lengths[i]!)
    }
    padded += batch * longest
  }
  return sum / padded
}

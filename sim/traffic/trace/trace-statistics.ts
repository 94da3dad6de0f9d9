import type { Ms } from '../../serving/index.ts'
import { Correlation } from '../lengths/correlation.ts'
import { LengthStatistics, type LengthSummary } from './length-statistics.ts'
import { type RateOverTime, RateSeries } from './rate-series.ts'
import { StreamingSummary } from './streaming-summary.ts'
import { WindowCounts, type WindowStatistics } from './window-counts.ts'

/** Rows of a trace: rising times, ms; lengths where it has them. */
export interface TraceSample {
  readonly times: Float64Array
  readonly lengths: ArrayLike<number> | null
  readonly outputs: ArrayLike<number> | null
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
    /** relative error of the percentiles; 0 where they are exact */
    readonly percentile_error: number
  }
  readonly rate: RateOverTime
  readonly windows: readonly WindowStatistics[]
  /** the busiest window of a minute, 10, 1 or 0.1 s: the longest of which there are three */
  readonly peak: {
    readonly window_s: number
    /** its start, after the first row */
    readonly at_s: number
    readonly rps: number
    readonly to_mean: number
  } | null
  readonly input_tokens: LengthSummary | null
  readonly output_tokens: LengthSummary | null
  /** of input and output lengths (Pearson); null where one of them is constant */
  readonly correlation: number | null
  /** padding efficiency where consecutive rows are batched and padded to the longest */
  readonly padding: readonly { readonly batch: number; readonly useful: number }[]
}

export const WINDOWS_S = [0.1, 1, 10, 60, 300] as const
export const BATCHES = [2, 4, 8, 16, 32, 64] as const

/** Rate, burstiness and lengths of a trace in memory. */
export function traceStatistics(sample: TraceSample): TraceStatistics {
  const tally = new TraceTally()
  tally.add(sample)
  return tally.statistics()
}

/** The statistics of a trace that is read in pieces, in constant memory: see `StreamingSummary`. */
export class TraceTally {
  #rows = 0
  /** time of the first row and the last, ms */
  #first: Ms = 0
  #last: Ms = 0
  #zeroGaps = 0
  readonly #gaps = new StreamingSummary()
  readonly #rate = new RateSeries()
  readonly #windows = WINDOWS_S.map((window_s) => new WindowCounts(window_s))
  #input: LengthStatistics | null = null
  #output: LengthStatistics | null = null
  #correlation: Correlation | null = null
  #padded: readonly PaddedBatches[] = []

  /** Adds the next rows. */
  add({ times, lengths, outputs }: TraceSample): void {
    if (times.length === 0) return
    if (this.#rows === 0) {
      this.#first = times[0]!
      this.#last = times[0]!
      if (lengths) this.#padded = BATCHES.map((batch) => new PaddedBatches(batch))
    }
    for (let i = 0; i < times.length; i++) this.#addTime(times[i]!)
    if (lengths) this.#input ??= new LengthStatistics()
    if (outputs) this.#output ??= new LengthStatistics()
    if (lengths && outputs) this.#correlation ??= new Correlation()
    for (let i = 0; i < times.length; i++) {
      if (lengths) {
        this.#input!.add(lengths[i]!)
        for (const batches of this.#padded) batches.add(lengths[i]!)
      }
      if (outputs) this.#output!.add(outputs[i]!)
      if (lengths && outputs) this.#correlation!.add(lengths[i]!, outputs[i]!)
    }
  }

  #addTime(time: Ms): void {
    if (this.#rows > 0) {
      const gap = time - this.#last
      // in ms, because the histogram resolves values down to 1e-6
      this.#gaps.add(gap)
      if (gap === 0) this.#zeroGaps++
    }
    this.#last = time
    this.#rows++
    this.#rate.add(time - this.#first)
    for (const window of this.#windows) window.add(time - this.#first)
  }

  statistics(): TraceStatistics {
    const durationMs = this.#last - this.#first
    const gaps = this.#gaps
    const windows = this.#windows.flatMap((window) => window.statistics(durationMs) ?? [])
    const [p50, p99] = gaps.count > 0 ? gaps.quantiles([0.5, 0.99]) : [Number.NaN, Number.NaN]
    return {
      rows: this.#rows,
      duration_s: durationMs / 1000,
      mean_rps: this.#rows / (durationMs / 1000),
      gaps: {
        cv: gaps.cv,
        p50: p50! / 1000,
        p99: p99! / 1000,
        max: gaps.count > 0 ? gaps.max / 1000 : 0,
        zero_share: this.#zeroGaps / gaps.count,
        percentile_error: gaps.error,
      },
      rate: this.#rate.rates(),
      windows,
      peak: busiest(windows),
      input_tokens: this.#input?.summary() ?? null,
      output_tokens: this.#output?.summary() ?? null,
      correlation: this.#correlation?.coefficient() ?? null,
      padding: this.#padded
        .map(({ batch, useful }) => ({ batch, useful }))
        // too few rows for one batch, or none with a length
        .filter(({ useful }) => Number.isFinite(useful)),
    }
  }
}

const LONGEST_PEAK_S = 60
const LEAST_WINDOWS = 3

function busiest(all: readonly WindowStatistics[]): TraceStatistics['peak'] {
  const longest = all.findLast(
    ({ window_s, windows }) => window_s <= LONGEST_PEAK_S && windows >= LEAST_WINDOWS,
  )
  if (longest === undefined) return null
  const { window_s, peak_at_s, peak, peak_to_mean } = longest
  return { window_s, at_s: peak_at_s, rps: peak / window_s, to_mean: peak_to_mean }
}

/** Padding efficiency of consecutive requests, in full batches of a fixed size. */
class PaddedBatches {
  readonly batch: number
  #size = 0
  #longest = 0
  #sum = 0
  #useful = 0
  #padded = 0

  constructor(batch: number) {
    this.batch = batch
  }

  add(length: number): void {
    this.#sum += length
    if (length > this.#longest) this.#longest = length
    if (++this.#size < this.batch) return
    this.#useful += this.#sum
    this.#padded += this.batch * this.#longest
    this.#size = 0
    this.#longest = 0
    this.#sum = 0
  }

  /** NaN before the first full batch. */
  get useful(): number {
    return this.#useful / this.#padded
  }
}

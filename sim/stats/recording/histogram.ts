import { rankOf } from '../intervals/percentile.ts'
import type { Column } from './columns.ts'

/** 2^7 buckets an octave: no bucket is wider than 1/128 of its lower edge, 0.78 %. */
const SUB_BITS = 7
const OCTAVE = 2 ** SUB_BITS
/** of the 20 mantissa bits in the high word, all except the 7 that select the bucket */
const SHIFT = 20 - SUB_BITS
const LOWEST_MS = 1e-6
const HIGHEST_MS = 1e9

/** One double and its two words, in the same bytes. */
const double = new Float64Array(1)
const words = new Int32Array(double.buffer)
/** index of the high word: 1 on a little-endian machine */
double[0] = -1
const HIGH = words[1]! < 0 ? 1 : 0

const prefixOf = (ms: number) => {
  double[0] = ms
  return words[HIGH]! >> SHIFT
}
/** bucket 0 is zero itself; bucket 1 begins at LOWEST_MS */
const BASE = prefixOf(LOWEST_MS) - 1
const BUCKETS = prefixOf(HIGHEST_MS) - BASE + 1
const NONE = new Float64Array(0)

/** Lower edge of a bucket above 0; the upper edge is that of the next bucket. */
function lowerEdge(bucket: number): number {
  words[HIGH] = (bucket + BASE) << SHIFT
  words[1 - HIGH] = 0
  return double[0]!
}

function bucketOf(ms: number): number {
  const bucket = prefixOf(ms) - BASE
  return bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1
}

/**
 * Streaming histogram of durations, log-linear by the high word of the IEEE 754 double: sign,
 * exponent and the first 7 bits of the mantissa select the bucket, without a logarithm.
 *
 * It holds the octaves that durations fall into, 1 KB each, in place of the 50 that there are.
 *
 * Between 1e-6 ms and 1e9 ms a quantile is within 0.79 % of the exact one (nearest rank, as
 * `percentile`). Shorter durations count as zero and longer ones fall into the last bucket, but
 * `min`, `max` and `sum` are always exact.
 */
export class Histogram {
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY

  /** of bucket 0 */
  #zeros = 0
  /** of the buckets from `#first`, in whole octaves: those that durations have fallen into */
  #counts = NONE
  #first = 1
  /** prefix of the durations in the first of them */
  #prefix = BASE + 1

  /** NaN where nothing was recorded. */
  get mean(): number {
    return this.sum / this.count
  }

  /** Adds a finite duration of at least zero, ms. Throws for any other. */
  record(ms: number): void {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new RangeError(expected(ms))
    // inlined: this is the hottest path of a recorder
    double[0] = ms
    const index = (words[HIGH]! >> SHIFT) - this.#prefix
    const counts = this.#counts
    // as an unsigned number a negative index is large
    if (index >>> 0 < counts.length) counts[index]!++
    else this.#add(bucketOf(ms), 1)
    this.count++
    this.sum += ms
    if (ms < this.min) this.min = ms
    if (ms > this.max) this.max = ms
  }

  /**
   * Adds the durations of a column in the rows `from` … `to` (exclusive) of `rows`. Throws where
   * one is not finite or negative.
   */
  recordRows({ values, words }: Column, rows: Int32Array, from: number, to: number): void {
    let { sum, min, max } = this
    let counts = this.#counts
    let prefix = this.#prefix
    // many parts of latencies take no time in any row
    let i = from
    while (i < to && values[rows[i]!] === 0) i++
    let zeros = i - from
    if (zeros > 0) {
      min = Math.min(min, 0)
      max = Math.max(max, 0)
    }
    for (; i < to; i++) {
      const row = rows[i]!
      const ms = values[row]!
      const index = (words[2 * row + HIGH]! >> SHIFT) - prefix
      if (index >>> 0 < counts.length) counts[index]!++
      else if (ms === 0) zeros++
      else {
        this.#add(bucketOf(ms), 1)
        counts = this.#counts
        prefix = this.#prefix
      }
      sum += ms
      if (ms < min) min = ms
      if (ms > max) max = ms
    }
    // a single NaN or Infinity makes the sum NaN or Infinity
    if (!(min >= 0 && sum < Number.POSITIVE_INFINITY))
      throw new RangeError(expected(min < 0 ? min : sum))
    this.#zeros += zeros
    this.count += to - from
    this.sum = sum
    this.min = min
    this.max = max
  }

  /** Adds `steps` durations, evenly spaced from `fromMs` to `toMs`, each `count` times. */
  recordRun(fromMs: number, toMs: number, steps: number, count: number): void {
    const slope = steps > 1 ? (toMs - fromMs) / (steps - 1) : 0
    for (let step = 0; step < steps; ) {
      const ms = fromMs + step * slope
      const bucket = bucketOf(ms)
      // the number of steps that stay below the bucket's upper edge
      const room = slope > 0 ? Math.ceil((lowerEdge(bucket + 1) - ms) / slope) : steps
      const inBucket = Math.min(steps - step, Math.max(1, room))
      this.#add(bucket, inBucket * count)
      step += inBucket
    }
    const n = steps * count
    this.count += n
    this.sum += (n * (fromMs + toMs)) / 2
    this.min = Math.min(this.min, fromMs, toMs)
    this.max = Math.max(this.max, fromMs, toMs)
  }

  /** Adds all records of `other`. */
  merge(other: Histogram): void {
    this.#zeros += other.#zeros
    const otherCounts = other.#counts
    if (otherCounts.length > 0) {
      this.#hold(other.#first, other.#first + otherCounts.length - 1)
      const shift = other.#first - this.#first
      for (let i = 0; i < otherCounts.length; i++) this.#counts[i + shift]! += otherCounts[i]!
    }
    this.count += other.count
    this.sum += other.sum
    this.min = Math.min(this.min, other.min)
    this.max = Math.max(this.max, other.max)
  }

  /** The q-quantile by nearest rank, interpolated in its bucket; `lost` requests are infinite. */
  quantile(q: number, lost = 0): number {
    const total = this.count + lost
    if (total === 0) return Number.NaN
    const rank = rankOf(q, total)
    if (rank > this.count) return Number.POSITIVE_INFINITY
    if (rank === 1) return this.min
    if (rank === this.count) return this.max
    let below = this.#zeros
    let ms = 0
    if (rank > below) {
      let index = 0
      while (below + this.#counts[index]! < rank) below += this.#counts[index++]!
      ms = this.#inside(index + this.#first, (rank - below - 0.5) / this.#counts[index]!)
    }
    return Math.min(Math.max(ms, this.min), this.max)
  }

  /** How many are at `ms` or above, in its bucket as `quantile` spreads them. */
  countFrom(ms: number): number {
    if (ms <= this.min) return this.count
    if (ms > this.max) return 0
    const bucket = bucketOf(ms)
    const index = bucket - this.#first
    let above = 0
    for (let i = Math.max(0, index + 1); i < this.#counts.length; i++) above += this.#counts[i]!
    if (bucket === 0) return above
    const [low, high] = [lowerEdge(bucket), lowerEdge(bucket + 1)]
    const share = Math.min(1, (high - ms) / (high - low))
    return above + Math.round(share * (this.#counts[index] ?? 0))
  }

  reset(): void {
    this.#zeros = 0
    this.#counts.fill(0)
    this.count = 0
    this.sum = 0
    this.min = Number.POSITIVE_INFINITY
    this.max = Number.NEGATIVE_INFINITY
  }

  #add(bucket: number, count: number): void {
    if (bucket === 0) {
      this.#zeros += count
      return
    }
    this.#hold(bucket, bucket)
    this.#counts[bucket - this.#first]! += count
  }

  /** Makes room for the octaves of the buckets from `low` to `high`, both above 0. */
  #hold(low: number, high: number): void {
    const length = this.#counts.length
    const end = this.#first + length
    if (length > 0 && low >= this.#first && high < end) return
    const octave = (bucket: number) => Math.floor((bucket - 1) / OCTAVE) * OCTAVE + 1
    const first = length === 0 ? octave(low) : Math.min(this.#first, octave(low))
    const last = Math.max(length === 0 ? 0 : end, octave(high) + OCTAVE)
    const counts = new Float64Array(last - first)
    if (length > 0) counts.set(this.#counts, this.#first - first)
    this.#counts = counts
    this.#first = first
    this.#prefix = BASE + first
  }

  #inside(bucket: number, share: number): number {
    const low = lowerEdge(bucket)
    return low + share * (lowerEdge(bucket + 1) - low)
  }
}

function expected(ms: number): string {
  return `Expected a finite duration of at least 0 ms, got ${ms}`
}

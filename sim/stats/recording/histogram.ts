import { rankOf } from '../intervals/percentile.ts'

/** 2^7 buckets an octave: no bucket is wider than 1/128 of its lower edge, 0.78 %. */
const SUB_BITS = 7
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
 * Between 1e-6 ms and 1e9 ms a quantile is within 0.79 % of the exact one (nearest rank, as
 * `percentile`). Shorter durations count as zero and longer ones fall into the last bucket, but
 * `min`, `max` and `sum` are always exact.
 */
export class Histogram {
  count = 0
  sum = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY

  readonly #counts = new Float64Array(BUCKETS)

  /** NaN where nothing was recorded. */
  get mean(): number {
    return this.sum / this.count
  }

  /** Adds a finite duration of at least zero, ms. Throws for any other. */
  record(ms: number): void {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new RangeError(expected(ms))
    // inlined: this is the hottest path of a recorder
    double[0] = ms
    const bucket = (words[HIGH]! >> SHIFT) - BASE
    this.#counts[bucket < 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1]!++
    this.count++
    this.sum += ms
    if (ms < this.min) this.min = ms
    if (ms > this.max) this.max = ms
  }

  /** Adds `steps` durations, evenly spaced from `fromMs` to `toMs`, each `count` times. */
  recordRun(fromMs: number, toMs: number, steps: number, count: number): void {
    const slope = steps > 1 ? (toMs - fromMs) / (steps - 1) : 0
    for (let step = 0; step < steps; ) {
      const ms = fromMs + step * slope
      const bucket = bucketOf(ms)
      // the number of steps that stay below the bucket's upper edge
      const room = slope > 0 ? Math.ceil((lowerEdge(bucket + 1) - ms) / slope) : steps
      const here = Math.min(steps - step, Math.max(1, room))
      this.#counts[bucket]! += here * count
      step += here
    }
    const n = steps * count
    this.count += n
    this.sum += (n * (fromMs + toMs)) / 2
    this.min = Math.min(this.min, fromMs, toMs)
    this.max = Math.max(this.max, fromMs, toMs)
  }

  /** Adds all records of `other`. */
  merge(other: Histogram): void {
    const counts = this.#counts
    const others = other.#counts
    for (let bucket = 0; bucket < BUCKETS; bucket++) counts[bucket]! += others[bucket]!
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
    let below = 0
    let bucket = 0
    while (below + this.#counts[bucket]! < rank) below += this.#counts[bucket++]!
    const ms = bucket === 0 ? 0 : this.#inside(bucket, (rank - below - 0.5) / this.#counts[bucket]!)
    return Math.min(Math.max(ms, this.min), this.max)
  }

  /** How many are at `ms` or above, in its bucket as `quantile` spreads them. */
  countFrom(ms: number): number {
    if (ms <= this.min) return this.count
    if (ms > this.max) return 0
    const own = bucketOf(ms)
    let above = 0
    for (let bucket = own + 1; bucket < BUCKETS; bucket++) above += this.#counts[bucket]!
    if (own === 0) return above
    const [low, high] = [lowerEdge(own), lowerEdge(own + 1)]
    const share = Math.min(1, (high - ms) / (high - low))
    return above + Math.round(share * this.#counts[own]!)
  }

  reset(): void {
    this.#counts.fill(0)
    this.count = 0
    this.sum = 0
    this.min = Number.POSITIVE_INFINITY
    this.max = Number.NEGATIVE_INFINITY
  }

  #inside(bucket: number, share: number): number {
    const low = lowerEdge(bucket)
    return low + share * (lowerEdge(bucket + 1) - low)
  }
}

function expected(ms: number): string {
  return `Expected a finite duration of at least 0 ms, got ${ms}`
}

import type { Series } from '../../documents/index.ts'
import { type Ms, OUTCOME } from '../../serving/index.ts'
import type { EndedRequests, QueueChanges } from './columns.ts'

export const BUCKETS = 120

/** Latency bins of the heat map: 4 an octave, from 2^-10 to 2^22 ms, by the double's high word. */
const HEAT_BINS = 128
const double = new Float64Array(1)
const words = new Int32Array(double.buffer)
const highWord = (ms: number) => {
  double[0] = ms
  return words[1]! >> 18
}
const HEAT_BASE = highWord(2 ** -10)

/** The drain after the end of the run has an interval of its own, which no summary shows. */
const DRAIN = BUCKETS

/** Counts of each interval of a run, up to its end. */
export class TimeSeries {
  readonly #bucketMs: number
  readonly #arrived = new Float64Array(DRAIN + 1)
  readonly #served = new Float64Array(DRAIN + 1)
  /** completed for clients that had left, or after another copy */
  readonly #wasted = new Float64Array(DRAIN + 1)
  /** within every limit; null where no class has one */
  readonly #good: Float64Array | null
  readonly #waitingMs = new Float64Array(DRAIN + 1)
  readonly #waitingMax = new Float64Array(DRAIN + 1)
  readonly #batches = new Float64Array(DRAIN + 1)
  readonly #batched = new Float64Array(DRAIN + 1)
  readonly #work = new Float64Array(DRAIN + 1)
  readonly #busy = new Float64Array(DRAIN + 1)
  readonly #heat = new Float64Array((DRAIN + 1) * HEAT_BINS)
  #waiting = 0
  #since: Ms = 0
  /** interval of the last event, and its end; later events lie in it mostly, without a division */
  #last = 0
  #lastEnds: Ms
  /** the same of the last request that ended */
  #endedLast = 0
  #endedBefore: Ms

  constructor(durationMs: Ms, { hasLimits = false } = {}) {
    this.#good = hasLimits ? new Float64Array(DRAIN + 1) : null
    this.#bucketMs = durationMs / BUCKETS
    this.#lastEnds = this.#bucketMs
    this.#endedBefore = this.#bucketMs
  }

  queued({ count, at, by, isBatch }: QueueChanges): void {
    for (let row = 0; row < count; row++) {
      const now = at[row]!
      const change = by[row]!
      // a length counts only if it lasts: a request that is rejected or dispatched at once never
      // waited
      if (now > this.#since) this.#wait(now)
      this.#waiting += change
      this.#since = now
      const bucket = this.#last
      if (change > 0) this.#arrived[bucket]!++
      else if (isBatch[row] === 1) {
        this.#batches[bucket]!++
        this.#batched[bucket]! -= change
      }
    }
  }

  /** So many have waited until now. */
  #wait(now: Ms): void {
    const from = this.#last
    if (now >= this.#lastEnds) {
      this.#last = this.#bucket(now)
      this.#lastEnds = this.#endOf(this.#last)
    }
    let at = this.#since
    for (let bucket = from; bucket <= this.#last; bucket++) {
      const until = bucket === this.#last ? now : (bucket + 1) * this.#bucketMs
      this.#waitingMs[bucket]! += this.#waiting * (until - at)
      if (this.#waiting > this.#waitingMax[bucket]!) this.#waitingMax[bucket] = this.#waiting
      at = until
    }
  }

  /** Records a batch from `started` to `ended` that takes `expected` ms at speed 1. */
  worked(started: Ms, ended: Ms, expected: Ms): void {
    const bucket = this.#bucket(started)
    this.#work[bucket]! += expected
    this.#busy[bucket]! += ended - started
  }

  /** Requests of batches that have ended, in order of time. */
  completed({ count, outcome, ended, at, latency }: EndedRequests): void {
    const [served, wasted, heat] = [this.#served, this.#wasted, this.#heat]
    for (let row = 0; row < count; row++) {
      const completed = outcome[row] === OUTCOME.served ? served : wasted
      completed[this.#endedIn(ended.values[row]!)]!++
      const octave = (latency.words[2 * row + 1]! >> 18) - HEAT_BASE
      const bin = Math.min(HEAT_BINS - 1, Math.max(0, octave))
      heat[this.#bucket(at.values[row]!) * HEAT_BINS + bin]!++
    }
  }

  /** A served request was within every limit of its class. */
  good(now: Ms): void {
    if (this.#good !== null) this.#good[this.#bucket(now)]!++
  }

  /** The figures so far; heat rows from the shortest to the longest latency that occurred. */
  summary(): Series {
    const perSecond = 1000 / this.#bucketMs
    const untilDrain = (counts: Float64Array) => counts.subarray(0, DRAIN)
    const rates = (counts: Float64Array) =>
      Array.from(untilDrain(counts), (count) => count * perSecond)
    const ratio = (top: Float64Array, bottom: Float64Array) =>
      Array.from(untilDrain(top), (value, i) => (bottom[i]! > 0 ? value / bottom[i]! : null))
    return {
      bucket_s: this.#bucketMs / 1000,
      arrived_rps: rates(this.#arrived),
      served_rps: rates(this.#served),
      wasted_rps: rates(this.#wasted),
      ...(this.#good !== null && { good_rps: rates(this.#good) }),
      queue_mean: Array.from(untilDrain(this.#waitingMs), (ms) => ms / this.#bucketMs),
      queue_max: Array.from(untilDrain(this.#waitingMax)),
      batch_mean: ratio(this.#batched, this.#batches),
      speed: ratio(this.#work, this.#busy),
      heat: {
        latency_edges: Array.from({ length: HEAT_BINS + 1 }, (_, i) => edge(i)),
        counts: Array.from({ length: BUCKETS }, (_, i) =>
          Array.from(this.#heat.subarray(i * HEAT_BINS, (i + 1) * HEAT_BINS)),
        ),
      },
    }
  }

  /** The interval of a time. Times rise, and most are in the interval of the one before. */
  #endedIn(now: Ms): number {
    if (now >= this.#endedBefore) {
      this.#endedLast = this.#bucket(now)
      this.#endedBefore = this.#endOf(this.#endedLast)
    }
    return this.#endedLast
  }

  #endOf(bucket: number): Ms {
    return bucket < DRAIN ? (bucket + 1) * this.#bucketMs : Number.POSITIVE_INFINITY
  }

  #bucket(at: Ms): number {
    const bucket = Math.floor(at / this.#bucketMs)
    return Math.min(bucket, DRAIN)
  }
}

function edge(bin: number): Ms {
  words[0] = 0
  words[1] = (bin + HEAT_BASE) << 18
  return double[0]!
}

/** Mean over runs of the same length. Heat counts are summed; the longest queue is the maximum. */
export function mergeSeries(runs: readonly Series[]): Series {
  const first = runs[0]
  if (first === undefined) throw new Error('Expected `runs` to hold a series')
  const mean = (columnOf: (series: Series) => readonly (number | null)[]) =>
    columnOf(first).map((_, i) => {
      const values = runs.map((run) => columnOf(run)[i]!).filter((value) => value !== null)
      return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : null
    })
  const counts = first.heat.counts.map((row, i) =>
    row.map((_, j) => runs.reduce((sum, run) => sum + run.heat.counts[i]![j]!, 0)),
  )
  const used = first.heat.latency_edges.map((_, j) => counts.some((row) => (row[j] ?? 0) > 0))
  const low = Math.max(0, used.indexOf(true))
  const high = used.lastIndexOf(true) + 1
  return {
    bucket_s: first.bucket_s,
    arrived_rps: mean((run) => run.arrived_rps).map((value) => value ?? 0),
    served_rps: mean((run) => run.served_rps).map((value) => value ?? 0),
    wasted_rps: mean((run) => run.wasted_rps).map((value) => value ?? 0),
    ...(first.good_rps !== undefined && {
      good_rps: mean((run) => run.good_rps ?? run.served_rps).map((value) => value ?? 0),
    }),
    queue_mean: mean((run) => run.queue_mean).map((value) => value ?? 0),
    queue_max: first.queue_max.map((_, i) => Math.max(...runs.map((run) => run.queue_max[i]!))),
    batch_mean: mean((run) => run.batch_mean),
    speed: mean((run) => run.speed),
    heat: {
      latency_edges: first.heat.latency_edges.slice(low, high + 1),
      counts: counts.map((row) => row.slice(low, high)),
    },
  }
}

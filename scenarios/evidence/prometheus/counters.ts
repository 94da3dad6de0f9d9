import { shortened } from '../../parse/describe-value.ts'
import { numberIn, PrometheusProblem, type Series } from './range-response.ts'

/**
 * What counters and gauges show of equal steps of time. Nothing is interpolated: a step without a
 * sample at both its ends is unknown.
 */

/** Equal steps; samples stand at their ends. */
export interface Steps {
  /** s since 1970 */
  readonly from_s: number
  readonly step_s: number
  readonly count: number
  /** how late a sample may be for the end of its step, as a share of one */
  readonly late: number
}

/** How much counters of one metric rose, all series together. */
export interface Increase {
  /** by step; NaN where it is not known */
  readonly steps: Float64Array
  /** 1 for a step that is a lower bound: a counter began again, appeared or disappeared in it */
  readonly atLeast: Uint8Array
  /** over all steps, with what rose over missing samples; a lower bound after a reset */
  readonly total: number
  /** how often a counter fell: its server started again */
  readonly resets: number
  /** steps without a sample at both ends */
  readonly unknown: number
  /** the largest of a step */
  readonly largest: number
  /** at most what is missing in `total`: infinite where a counter began again unseen for steps */
  readonly missed: number
}

/** Longer windows have coarser steps. */
const MOST_STEPS = 200_000
/** The moments of scrapes vary by less, as a share of their interval. */
const LATE = 0.25

/** The steps of a metric, by its samples. `step_s`: their length, by default the usual gap. */
export function stepsOf(series: readonly Series[], step_s?: number): Steps {
  const sampled = series.filter(({ times }) => times.length > 0)
  const from_s = sampled.reduce((first, { times }) => Math.min(first, times[0]!), Infinity)
  const gap_s = usualGap(series)
  if (!(gap_s > 0)) {
    throw new PrometheusProblem('expected samples at two times or more, got fewer')
  }
  const length = step_s ?? gap_s
  const steps = { from_s, step_s: length, count: 0, late: LATE * Math.min(1, gap_s / length) }
  const count = sampled.reduce(
    (most, one) => Math.max(most, pointOf(one, one.times.length - 1, steps)),
    0,
  )
  if (count >= 1 && count <= MOST_STEPS) return { ...steps, count }
  const got = `${count} steps of ${length} s`
  throw new PrometheusProblem(`expected from 1 to ${MOST_STEPS} steps, got ${got}`)
}

/** The median gap of the samples of the longest series; NaN without one. */
export function usualGap(series: readonly Series[]): number {
  const [longest] = [...series].sort((a, b) => b.times.length - a.times.length)
  if (longest === undefined || longest.times.length < 2) return Number.NaN
  const gaps = longest.times.subarray(1).map((time, i) => time - longest.times[i]!)
  return Number(gaps.sort()[gaps.length >> 1]!.toPrecision(6))
}

/**
 * The number of steps that have ended at a sample. Each server is scraped at a moment of its own in
 * every interval, so samples count from the first of their series.
 */
function pointOf({ times }: Series, sample: number, { from_s, step_s, late }: Steps): number {
  const whole = (time: number) => Math.floor(time / step_s + 1e-6)
  const since = (times[sample]! - times[0]!) / step_s
  return whole(times[0]!) - whole(from_s) + Math.max(0, Math.ceil(since - late))
}

/** Larger values count nothing that servers do. */
const MOST_VALUE = 1e18

/** Samples with a usable value, as the number of steps that have ended and the value. */
function* pointsOf(series: Series, steps: Steps): Generator<readonly [number, number]> {
  for (const [i, value] of series.values.entries()) {
    const point = pointOf(series, i, steps)
    const isUsable = Math.abs(value) <= MOST_VALUE
    if (isUsable && point >= 0 && point <= steps.count) yield [point, value]
  }
}

const [ABSENT, KNOWN, AT_LEAST, UNKNOWN] = [0, 1, 2, 3] as const

/** What counters rose by in each step. */
export function increaseOf(series: readonly Series[], steps: Steps): Increase {
  const { count } = steps
  const sums = new Float64Array(count)
  const states = new Uint8Array(count)
  const mark = (step: number, state: number) => {
    if (step >= 0 && step < count) states[step] = Math.max(states[step]!, state)
  }
  let [total, resets, ends, appeared] = [0, 0, 0, 0]
  for (const one of series) {
    let last = -1
    let before = 0
    // whether the step up to the last sample is known of this counter
    let isKnown = false
    for (const [point, value] of pointsOf(one, steps)) {
      if (last < 0) {
        mark(point - 1, AT_LEAST)
        if (point > 0) appeared += Math.max(0, value)
      } else {
        const falls = value < before
        const rise = falls ? Math.max(0, value) : value - before
        total += rise
        resets += falls ? 1 : 0
        if (point > last + 1) {
          states.fill(UNKNOWN, last, point)
          isKnown = false
          ends += falls ? Infinity : 0
        } else {
          isKnown = isKnown || point > last
          if (isKnown) sums[point - 1]! += rise
          mark(point - 1, falls ? AT_LEAST : KNOWN)
          ends += falls ? 1 : 0
        }
      }
      last = point
      before = value
    }
    if (last < 0 || last === count) continue
    mark(last, AT_LEAST)
    ends++
  }
  const known = sums.map((sum, i) =>
    states[i] === ABSENT || states[i] === UNKNOWN ? Number.NaN : sum,
  )
  const largest = known.reduce((most, rise) => Math.max(most, rise || 0), 0)
  return {
    steps: known,
    atLeast: states.map((state) => (state === AT_LEAST ? 1 : 0)),
    total,
    resets,
    unknown: known.filter(Number.isNaN).length,
    largest,
    // after its last sample a counter rose for less than a step
    missed: appeared + (ends === 0 ? 0 : ends * largest),
  }
}

/**
 * The sum of gauges at the beginning of each step and the end of the last; NaN where a gauge that
 * has samples before and after has none.
 */
export function levelsOf(series: readonly Series[], steps: Steps): Float64Array {
  const levels = new Float64Array(steps.count + 1)
  const sampled = new Uint8Array(steps.count + 1)
  for (const one of series) {
    let last = -1
    let before = 0
    for (const [point, value] of pointsOf(one, steps)) {
      levels[point]! += point === last ? value - before : value
      sampled[point] = 1
      if (last >= 0) levels.fill(Number.NaN, last + 1, point)
      last = point
      before = value
    }
  }
  return levels.map((level, i) => (sampled[i] === 1 ? level : Number.NaN))
}

/** A mean as the ratio of two increases, and its 95 % interval. */
export interface MeanIncrease {
  readonly mean: number
  /** null where too few steps show how it varies */
  readonly low: number | null
  readonly high: number | null
  /** observations that it is of */
  readonly count: number
}

/** Fewer steps with observations do not show how their means vary. */
const LEAST_STEPS_OF_MEAN = 8
/** 97.5 % quantile of the standard normal distribution */
export const Z = 1.959964

/**
 * Δsum / Δcount over the steps in which both are known; null without observations. The variance is
 * that of a ratio of sums over steps (Cochran 1977, Sampling Techniques, chapter 6).
 */
export function meanOf(sum: Increase, count: Increase): MeanIncrease | null {
  let [sums, counts, used] = [0, 0, 0]
  const both = (visit: (sum: number, count: number) => void) => {
    for (const [i, of] of count.steps.entries()) {
      const total = sum.steps[i]!
      if (!Number.isNaN(of) && !Number.isNaN(total)) visit(total, of)
    }
  }
  both((total, of) => {
    sums += total
    counts += of
    used += of > 0 ? 1 : 0
  })
  if (!(counts > 0)) return null
  const mean = sums / counts
  if (used < LEAST_STEPS_OF_MEAN) return { mean, low: null, high: null, count: counts }
  let squares = 0
  both((total, of) => (squares += (total - mean * of) ** 2))
  const error = (Z * Math.sqrt((squares * used) / (used - 1))) / counts
  return { mean, low: Math.max(0, mean - error), high: mean + error, count: counts }
}

/** The increase of a histogram over all steps: `counts[i]` is up to `bounds[i]`. */
export interface BucketCounts {
  /** rising; the last is infinite */
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
}

/** Buckets of a histogram, by their label `le`. `name` names it in problems. */
export function bucketCounts(name: string, series: readonly Series[], steps: Steps): BucketCounts {
  const byBound = new Map<number, Series[]>()
  for (const one of series) {
    const le = one.labels.get('le')
    const bound = numberIn(le ?? '') ?? Number.NaN
    if (Number.isNaN(bound)) {
      const got = le === undefined ? 'none' : shortened(le)
      throw new PrometheusProblem(`${name}: expected a number in the label le, got ${got}`)
    }
    byBound.set(bound, [...(byBound.get(bound) ?? []), one])
  }
  const bounds = [...byBound.keys()].sort((a, b) => a - b)
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) {
    throw new PrometheusProblem(`${name}: expected a bucket with le="+Inf", got none`)
  }
  const totals = bounds.map((bound) => increaseOf(byBound.get(bound)!, steps).total)
  const slack = slackOf(totals.at(-1)!)
  const counts = totals.map((total, i) => total - (totals[i - 1] ?? 0))
  const bad = counts.findIndex((count) => count < -slack)
  if (bad < 0) return { bounds, counts: counts.map((count) => Math.max(0, count)) }
  const got = `${totals[bad]} up to ${bounds[bad]} after ${totals[bad - 1]} up to ${bounds[bad - 1]}`
  throw new PrometheusProblem(`${name}: expected counts that rise with le, got ${got}`)
}

/** Processes of one server may write their counts one after another while they are scraped. */
const slackOf = (total: number) => Math.max(2, total / 1000)

/** The bounds of the bucket with a quantile; null where it has but one bound. */
export function quantileRange(
  { bounds, counts }: BucketCounts,
  probability: number,
): { readonly low: number; readonly high: number } | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  let below = 0
  const bucket = counts.findIndex((count) => (below += count) >= probability * total && below > 0)
  // the first bucket begins anywhere below its bound
  if (bucket < 1 || bounds[bucket] === Number.POSITIVE_INFINITY) return null
  return { low: bounds[bucket - 1]!, high: bounds[bucket]! }
}

/**
 * The least and the most that the coefficient of variation of observations may be, by the buckets
 * that they are in and their mean: least where all of a bucket are alike, most where all are at its
 * bounds, those of the highest buckets at the upper ones first (mass that moves from a to b adds
 * a + b to the sum of squares, so a fractional knapsack). Null where the mean does not fit the
 * buckets, or without observations; `high` is null where some are beyond the last bound.
 */
export function variationRange(
  { bounds, counts }: BucketCounts,
  mean: number,
): { readonly low: number; readonly high: number | null } | null {
  const buckets = counts.flatMap((count, i) =>
    count > 0 ? [{ count, from: i === 0 ? 0 : Math.max(0, bounds[i - 1]!), to: bounds[i]! }] : [],
  )
  const sumOf = (value: (bucket: (typeof buckets)[number]) => number) =>
    buckets.reduce((sum, bucket) => sum + bucket.count * value(bucket), 0)
  const total = sumOf(() => 1)
  const [least, most] = [sumOf(({ from }) => from), sumOf(({ to }) => to)]
  if (total === 0 || !(mean > 0) || total * mean < least || total * mean > most) return null
  const cvOf = (squares: number) => Math.sqrt(Math.max(0, squares / (total * mean ** 2) - 1))
  // all are at one level, or at the bound of their bucket that is next to it
  const at = (level: number) => (bucket: { readonly from: number; readonly to: number }) =>
    Math.min(bucket.to, Math.max(bucket.from, level))
  let [below, above] = [0, Math.max(mean, ...buckets.map(({ from }) => from))]
  while (sumOf(at(above)) < total * mean) above *= 2
  for (let i = 0; i < BISECTIONS; i++) {
    const level = (below + above) / 2
    if (sumOf(at(level)) < total * mean) below = level
    else above = level
  }
  const low = cvOf(sumOf((bucket) => at(above)(bucket) ** 2))
  if (most === Number.POSITIVE_INFINITY) return { low, high: null }
  let left = total * mean - least
  let squares = sumOf(({ from }) => from ** 2)
  for (const { count, from, to } of buckets.reverse()) {
    const moved = Math.min(left, count * (to - from))
    squares += moved * (from + to)
    left -= moved
  }
  return { low, high: cvOf(squares) }
}

const BISECTIONS = 100

/** Counts of one window that differ by more than the moments of scrapes explain. */
export class CountsDisagree extends PrometheusProblem {
  constructor(message: string) {
    super(message)
    this.name = 'CountsDisagree'
  }
}

export interface NamedIncrease {
  readonly name: string
  readonly increase: Increase
}

/**
 * Throws `CountsDisagree` for counts of the same requests that differ over the steps in which both
 * are known. Scrapes may cut a window at other moments, by a step at each of its ends.
 */
export function expectSameCounts(first: NamedIncrease, second: NamedIncrease, steps: Steps): void {
  const [a, b] = [first.increase.steps, second.increase.steps]
  const common = [...a.keys()].filter((i) => !Number.isNaN(a[i]!) && !Number.isNaN(b[i]!))
  const [counted, other] = [a, b].map((rises) => common.reduce((sum, i) => sum + rises[i]!, 0))
  const slack = 2 * Math.max(first.increase.largest, second.increase.largest) + 2
  if (Math.abs(counted! - other!) <= slack) return
  throw new CountsDisagree(
    `${spanOf(steps)}: expected counts that differ by at most ${slack}, got ${counted} of ` +
      `${first.name} and ${other} of ${second.name}; they are not of the same requests: select ` +
      'one server and model by labels',
  )
}

/** Throws where the buckets of a histogram hold other observations than it counts. */
export function expectWholeBuckets(name: string, buckets: BucketCounts, count: Increase): void {
  const total = buckets.counts.reduce((sum, of) => sum + of, 0)
  if (Math.abs(total - count.total) <= slackOf(count.total)) return
  throw new CountsDisagree(
    `${name}: expected ${count.total} observations in its buckets, as it counts, got ${total}`,
  )
}

const spanOf = ({ from_s, step_s, count }: Steps) =>
  [from_s, from_s + count * step_s].map((s) => new Date(1000 * s).toISOString()).join(' to ')

import { type AuditRows, SERVED } from './raw-rows.ts'

/** Latencies of served requests: their number, and one value for each level, ms. */
export interface ExactPercentiles {
  readonly n: number
  /** NaN without requests */
  readonly values: readonly number[]
}

/**
 * Percentiles of the latency (known end minus scheduled arrival) of served requests that were
 * scheduled no earlier than `warmupMs`; of one class if `class` is given. Computed by sorting,
 * without a histogram.
 */
export function exactPercentiles(rows: AuditRows, options: PercentileOptions): ExactPercentiles {
  return percentilesOf(rows, options, (key) => answeredAt(rows, key) - rows.at[key]!)
}

interface PercentileOptions {
  readonly warmupMs: number
  /** from 0 to 1 */
  readonly levels: readonly number[]
  /** default: all */
  readonly class?: number
}

/** Times of tokens of the same requests, ms. */
export interface ExactTokenTimes {
  readonly ttft: ExactPercentiles
  readonly tpot: ExactPercentiles
}

/**
 * Percentiles of the time to first token (its arrival at the client minus the scheduled arrival of
 * the request) and of the time per output token (from the first token to the last, over the tokens
 * after the first) of the same requests. Requests without a first token have neither, those with
 * one token or an unknown number of them no time per output token. `delaysMs`: by class, from a
 * first token to when it leaves.
 */
export function exactTokenTimes(
  rows: AuditRows,
  { delaysMs, ...options }: PercentileOptions & { readonly delaysMs: readonly number[] },
): ExactTokenTimes {
  const { at, done, firstToken, outputTokens, uncounted } = rows
  // the first token leaves with the last one at the latest
  const left = (key: number) => Math.min(firstToken[key]! + delaysMs[rows.class[key]!]!, done[key]!)
  return {
    ttft: percentilesOf(rows, options, (key) => {
      const travelMs = answeredAt(rows, key) - done[key]!
      return left(key) - at[key]! + travelMs
    }),
    tpot: percentilesOf(rows, options, (key) => {
      const further = outputTokens[key]! - 1
      return further < 1 || uncounted[key] === 1 ? Number.NaN : (done[key]! - left(key)) / further
    }),
  }
}

/** Percentiles of a time of requests, without those that do not have it (NaN). */
function percentilesOf(
  rows: AuditRows,
  options: PercentileOptions,
  timeOf: (key: number) => number,
): ExactPercentiles {
  const times: number[] = []
  for (let key = 0; key < rows.at.length; key++) {
    const counts =
      rows.outcome[key] === SERVED &&
      rows.batch[key]! >= 0 &&
      rows.at[key]! >= options.warmupMs &&
      (options.class === undefined || rows.class[key] === options.class)
    const time = counts ? timeOf(key) : Number.NaN
    if (!Number.isNaN(time)) times.push(time)
  }
  const sorted = Float64Array.from(times).sort()
  return { n: sorted.length, values: options.levels.map((p) => percentileOf(sorted, p)) }
}

/** When its client has the answer: its known end, or later where a network carries it. */
function answeredAt({ done, answered }: AuditRows, key: number): number {
  const at = answered?.[key] ?? Number.NaN
  return Number.isNaN(at) ? done[key]! : at
}

/** Percentile of rising values; NaN where there are none. */
function percentileOf(sorted: Float64Array, p: number): number {
  return sorted[rank(p, sorted.length) - 1] ?? Number.NaN
}

/**
 * ceil(p n), at least 1: the least number r of n values with r / n >= p. The product may be rounded
 * to the wrong side of a whole number; the quotient of two whole numbers is not.
 */
function rank(p: number, n: number): number {
  const near = Math.max(1, Math.ceil(p * n))
  if (near > 1 && (near - 1) / n >= p) return near - 1
  return near / n < p ? near + 1 : near
}

/** The calls of one class, from all their rows. */
export interface ExactCalls {
  readonly made: number
  readonly answered: number
  /** of answered calls, one for each level, ms; NaN where there are none */
  readonly values: readonly number[]
}

/**
 * Calls of a class scheduled no earlier than `warmupMs`. A call is answered when all parts of an
 * attempt are served; it lasts from the scheduled arrival of its first attempt to the known end of
 * the last part.
 */
export function exactCalls(
  rows: AuditRows,
  of: {
    readonly class: number
    readonly warmupMs: number
    /** from 0 to 1 */
    readonly levels: readonly number[]
  },
): ExactCalls {
  const latencies: number[] = []
  let made = 0
  const answers = copyAnswers(rows)
  for (let key = 0; key < rows.at.length; key++) {
    const since = rows.firstScheduledAt[key]!
    if (rows.part[key] !== 0 || rows.class[key] !== of.class || since < of.warmupMs) continue
    if (rows.copyOf[key]! >= 0) continue
    if (rows.attempt[key] === 1) made++
    let last = Number.NEGATIVE_INFINITY
    let answered = true
    for (let i = key; i < rows.at.length && rows.sendId[i] === rows.sendId[key]; i++) {
      if (rows.copyOf[i]! >= 0) continue
      const served = rows.outcome[i] === SERVED && rows.batch[i]! >= 0
      const done = served ? answeredAt(rows, i) : answers.get(i)
      answered &&= done !== undefined
      last = Math.max(last, done ?? last)
    }
    if (answered) latencies.push(last - since)
  }
  const sorted = Float64Array.from(latencies).sort()
  return { made, answered: sorted.length, values: of.levels.map((p) => percentileOf(sorted, p)) }
}

/** When further copies answered, by the row of the first. */
function copyAnswers(rows: AuditRows): ReadonlyMap<number, number> {
  const answers = new Map<number, number>()
  for (const [key, first] of rows.copyOf.entries()) {
    if (first >= 0 && rows.outcome[key] === SERVED) answers.set(first, answeredAt(rows, key))
  }
  return answers
}

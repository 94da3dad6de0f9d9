import { type Ms, OUTCOME } from '../../serving/index.ts'
import { PERCENTILES, percentile, type Rows } from '../../stats/index.ts'
import { LATENCY, type Measure, type TokenPercentiles } from './measures.ts'

/** One time of each of some requests: their latency, or another measure. */
export interface Latencies {
  /** scheduled arrivals, ascending */
  readonly at: Float64Array
  /** in the same order, ms */
  readonly values: Float64Array
  readonly sorted: Float64Array
}

/** Whether a request was served and arrived after the warm-up. */
const counts = ({ columns: { at, done, outcome } }: Rows, key: number, warmupMs: Ms) =>
  at[key]! >= warmupMs && outcome[key] === OUTCOME.served && done[key]! >= 0

/** How many requests were served after the warm-up. */
export function servedCount(rows: Rows, warmupMs: Ms): number {
  let count = 0
  for (let key = 0; key < rows.count; key++) if (counts(rows, key, warmupMs)) count++
  return count
}

interface LatencyOptions {
  /** by default the latency */
  readonly measure?: Measure
  /** by default all */
  readonly keep?: (key: number) => boolean
}

/** A time of the served requests after the warm-up, without those that have no such time. */
export function latenciesOf(
  rows: Rows,
  warmupMs: Ms,
  { measure = LATENCY, keep = () => true }: LatencyOptions = {},
): Latencies {
  const { at } = rows.columns
  const timeOf = measure.timesIn(rows.columns)
  const keys: number[] = []
  // most rows are in order of arrival, and sorting them takes most of the time
  let rising = true
  for (let key = 0; key < rows.count; key++) {
    if (!counts(rows, key, warmupMs) || !keep(key) || Number.isNaN(timeOf(key))) continue
    rising &&= keys.length === 0 || at[keys.at(-1)!]! <= at[key]!
    keys.push(key)
  }
  if (!rising) keys.sort((a, b) => at[a]! - at[b]!)
  const arrivals = new Float64Array(keys.length)
  const values = new Float64Array(keys.length)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    arrivals[i] = at[key]!
    values[i] = timeOf(key)
  }
  return { at: arrivals, values, sorted: values.slice().sort() }
}

/** PERCENTILES of a measure in a run, ms; NaN where no request has it. */
export function percentilesOf(rows: Rows, warmupMs: Ms, measure: Measure): readonly number[] {
  const { sorted } = latenciesOf(rows, warmupMs, { measure })
  return PERCENTILES.map((p) => percentile(sorted, p))
}

/** The same of the token times among some measures; null where there are none. */
export function tokenPercentiles(
  rows: Rows,
  warmupMs: Ms,
  measures: readonly Measure[],
): TokenPercentiles | null {
  const each = measures.flatMap((measure) =>
    measure.key === 'latency' ? [] : [[measure.key, percentilesOf(rows, warmupMs, measure)]],
  )
  return each.length === 0 ? null : Object.fromEntries(each)
}

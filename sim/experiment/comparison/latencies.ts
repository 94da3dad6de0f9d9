import { type Ms, OUTCOME } from '../../serving/index.ts'
import type { Rows } from '../../stats/index.ts'

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

/** Latencies of the served requests after the warm-up, of all or of those to keep. */
export function latenciesOf(
  rows: Rows,
  warmupMs: Ms,
  keep: (key: number) => boolean = () => true,
): Latencies {
  const { at, done } = rows.columns
  const keys: number[] = []
  // most rows are in order of arrival, and sorting them takes most of the time
  let rising = true
  for (let key = 0; key < rows.count; key++) {
    if (!counts(rows, key, warmupMs) || !keep(key)) continue
    rising &&= keys.length === 0 || at[keys.at(-1)!]! <= at[key]!
    keys.push(key)
  }
  if (!rising) keys.sort((a, b) => at[a]! - at[b]!)
  const arrivals = new Float64Array(keys.length)
  const values = new Float64Array(keys.length)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    arrivals[i] = at[key]!
    values[i] = done[key]! - at[key]!
  }
  return { at: arrivals, values, sorted: values.slice().sort() }
}

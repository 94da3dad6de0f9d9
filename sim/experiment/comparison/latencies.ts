import { type Ms, OUTCOME } from '../../serving/index.ts'
import type { Rows } from '../../stats/index.ts'

export interface Latencies {
  /** scheduled arrivals, ascending */
  readonly at: Float64Array
  /** in the same order, ms */
  readonly values: Float64Array
  readonly sorted: Float64Array
}

/** Latencies of the served requests after the warm-up, of all or of those to keep. */
export function latenciesOf(
  rows: Rows,
  warmupMs: Ms,
  keep: (key: number) => boolean = () => true,
): Latencies {
  const { at, done, outcome } = rows.columns
  const keys = Array.from(at.keys()).filter(
    (key) =>
      at[key]! >= warmupMs && outcome[key] === OUTCOME.served && done[key]! >= 0 && keep(key),
  )
  keys.sort((a, b) => at[a]! - at[b]!)
  const values = Float64Array.from(keys, (key) => done[key]! - at[key]!)
  return { at: Float64Array.from(keys, (key) => at[key]!), values, sorted: values.slice().sort() }
}

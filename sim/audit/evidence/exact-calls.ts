import { percentileOf } from './exact-percentiles.ts'
import { type AuditRows, SERVED } from './raw-rows.ts'

/** The calls of one class, by all their rows. */
export interface ExactCalls {
  readonly made: number
  readonly answered: number
  /** of those answered, one for each level, ms; NaN where there are none */
  readonly values: readonly number[]
}

/**
 * Calls of a class that were scheduled no earlier than `warmupMs`. One is answered when all parts
 * of an attempt were served, at the known end of the last; it takes from its first attempt's
 * schedule.
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
  for (let key = 0; key < rows.at.length; key++) {
    const since = rows.since[key]!
    if (rows.part[key] !== 0 || rows.class[key] !== of.class || since < of.warmupMs) continue
    if (rows.attempt[key] === 1) made++
    let last = Number.NEGATIVE_INFINITY
    let answered = true
    for (let i = key; i < rows.at.length && rows.sending[i] === rows.sending[key]; i++) {
      answered &&= rows.outcome[i] === SERVED && rows.batch[i]! >= 0
      last = Math.max(last, rows.done[i]!)
    }
    if (answered) latencies.push(last - since)
  }
  const sorted = Float64Array.from(latencies).sort()
  return { made, answered: sorted.length, values: of.levels.map((p) => percentileOf(sorted, p)) }
}

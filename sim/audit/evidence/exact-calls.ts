import { percentileOf } from './exact-percentiles.ts'
import { type AuditRows, SERVED } from './raw-rows.ts'

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

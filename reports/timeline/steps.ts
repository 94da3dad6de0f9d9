import { nanoseconds } from './trace-event.ts'
import type { Span } from './tracks.ts'

/** Changes of a level: instants in ms, and by how much each changes it; by 1 without `by`. */
export interface Changes {
  readonly at: Float64Array
  readonly by?: Float64Array
}

/** A level from an instant on, in whole nanoseconds. */
export interface Step {
  readonly ns: number
  readonly level: number
}

/**
 * The level that rises and falls make: one step for each nanosecond in which it changes, and one
 * at the start. Changes of one instant count together. Before the span they are added up.
 */
export function* steps(rises: Changes, falls: Changes, { fromMs, toMs }: Span): Generator<Step> {
  const [up, down] = [sorted(rises), sorted(falls)]
  const start = nanoseconds(fromMs)
  let [i, j, level, shown] = [0, 0, 0, Number.NaN]
  for (;;) {
    const rise = i < up.at.length ? nanoseconds(up.at[i]!) : Number.POSITIVE_INFINITY
    const fall = j < down.at.length ? nanoseconds(down.at[j]!) : Number.POSITIVE_INFINITY
    const ns = Math.min(rise, fall)
    if (Number.isNaN(shown) && ns > start) {
      yield { ns: start, level }
      shown = level
    }
    if (ns === Number.POSITIVE_INFINITY || ns > nanoseconds(toMs)) return
    for (; i < up.at.length && nanoseconds(up.at[i]!) === ns; i++) level += up.by?.[i] ?? 1
    for (; j < down.at.length && nanoseconds(down.at[j]!) === ns; j++) level -= down.by?.[j] ?? 1
    if (ns <= start || level === shown) continue
    yield { ns, level }
    shown = level
  }
}

/** In order of time; it may sort in place, as no caller uses the arrays afterwards. */
function sorted({ at, by }: Changes): Changes {
  if (by === undefined) return { at: at.sort() }
  const order = Uint32Array.from(at.keys()).sort((a, b) => at[a]! - at[b]!)
  return {
    at: Float64Array.from(order, (i) => at[i]!),
    by: Float64Array.from(order, (i) => by[i]!),
  }
}

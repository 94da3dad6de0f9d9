import type { Ms } from '../../serving/index.ts'

/** Intervals of time in which nothing went on, disjoint and rising. */
export interface Intervals {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** No interval at all. */
export const NEVER: Intervals = Object.freeze({ from: [], to: [] })

/** Sorts intervals and joins those that overlap. */
export function joinIntervals(parts: readonly (readonly [from: Ms, to: Ms])[]): Intervals {
  const from: number[] = []
  const to: number[] = []
  for (const [start, end] of [...parts].sort((a, b) => a[0] - b[0])) {
    const last = to.length - 1
    if (last >= 0 && start <= to[last]!) to[last] = Math.max(to[last]!, end)
    else {
      from.push(start)
      to.push(end)
    }
  }
  return { from, to }
}

/** An overhead this much above its median is a standstill of the thread, not the cost of a step. */
const STANDSTILL_MS = 0.1
/** A standstill may have begun this long before it was noticed, but not before the last act. */
const UNSEEN_MS = 0.2

/** The usual overhead of a sample, and the longest that still counts as one. */
export function usualOverhead(sample: readonly Ms[]): { median: Ms; longest: Ms } {
  const sorted = Float64Array.from(sample).sort()
  const median = sorted.length > 0 ? sorted[sorted.length >> 1]! : 0
  return { median, longest: median + STANDSTILL_MS }
}

/** Something the dispatcher had to do: when it was due, and when it did it. */
export type DueEvent = readonly [due: Ms, happened: Ms]

/**
 * When the dispatcher stood still: one of `turns` was due and for unusually long it did nothing at
 * all, until the next of its `acts`, whichever that was. It may have begun before anything was due;
 * without that, what falls due a little earlier in the simulation would always slip through.
 */
export function standstillsOf(turns: readonly DueEvent[], acts: Float64Array): Intervals {
  const usual = usualOverhead(turns.map(([due, happened]) => happened - due))
  const still: [Ms, Ms][] = []
  for (const [due, happened] of turns) {
    if (happened - due <= usual.longest) continue
    const after = indexAfter(acts, due)
    const next = acts[after]!
    if (next - due <= usual.longest) continue
    const last = after > 0 ? acts[after - 1]! : Number.NEGATIVE_INFINITY
    still.push([Math.max(last, due - UNSEEN_MS), next])
  }
  return joinIntervals(still)
}

/** The times at which the dispatcher did something, rising. */
export function actsOf(turns: readonly DueEvent[]): Float64Array {
  return Float64Array.from(turns, ([, happened]) => happened).sort()
}

/** The dispatcher's first act after `at`; Infinity where there is none. */
export function nextAct(acts: Float64Array, at: Ms): Ms {
  return acts[indexAfter(acts, at)] ?? Number.POSITIVE_INFINITY
}

/** Index of the first of rising times that is later than `at`. */
export function indexAfter(times: Float64Array, at: Ms): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** When the dispatcher's thread did not run: what falls due meanwhile waits for its return. */
export class Standstills {
  readonly #from: Float64Array
  readonly #to: Float64Array

  constructor(intervals: Intervals) {
    this.#from = Float64Array.from(intervals.from)
    this.#to = Float64Array.from(intervals.to)
  }

  /** `at` itself, or the end of the standstill in which it lies. */
  release(at: Ms): Ms {
    const after = indexAfter(this.#from, at)
    return after > 0 && at < this.#to[after - 1]! ? this.#to[after - 1]! : at
  }
}

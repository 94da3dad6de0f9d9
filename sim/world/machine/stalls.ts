import type { Ms } from '../../serving/index.ts'

/** Intervals of time, disjoint and rising. */
export interface Intervals {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

export type Span = readonly [from: Ms, to: Ms]

export const intervalsOf = (spans: readonly Span[]): Intervals => ({
  from: spans.map(([from]) => from),
  to: spans.map(([, to]) => to),
})

/** No interval. */
export const NEVER: Intervals = Object.freeze({ from: [], to: [] })

/** Sorts intervals and joins those that overlap. */
export function joinIntervals(parts: readonly Span[]): Intervals {
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

/** An overhead this much above its median is a stall of the thread, not the cost of a step. */
export const STALL_MS = 0.1

/** An executor that had nothing to do for no longer than this was not idle. */
export const LONGEST_BREAK_MS = 0.1

/** The median overhead of a sample, and the longest that is not a stall. */
export function usualOverhead<T>(
  sample: readonly T[],
  overheadOf: (item: T) => Ms,
): { median: Ms; longest: Ms } {
  const sorted = new Float64Array(sample.length)
  for (let i = 0; i < sample.length; i++) sorted[i] = overheadOf(sample[i]!)
  sorted.sort()
  const median = sorted.length > 0 ? sorted[sorted.length >> 1]! : 0
  return { median, longest: median + STALL_MS }
}

/** An event of the dispatcher: when it was due, and when it was handled. */
export type DueEvent = readonly [due: Ms, happened: Ms]

/**
 * The stalls of the dispatcher: one of `turns` was due, and the dispatcher did nothing for
 * unusually long, until the next of its `acts`. A stall begins `unseenMs` before the event was due,
 * but not before the last act; below 0, as much after it was due.
 */
export function stallsOf(
  turns: readonly DueEvent[],
  acts: Float64Array,
  unseenMs: Ms = 0,
): Intervals {
  const usual = usualOverhead(turns, ([due, happened]) => happened - due)
  const standstills: [Ms, Ms][] = []
  for (const [due, happened] of turns) {
    if (happened - due <= usual.longest) continue
    const after = indexAfter(acts, due)
    const next = acts[after]!
    if (next - due <= usual.longest) continue
    const last = after > 0 ? acts[after - 1]! : Number.NEGATIVE_INFINITY
    standstills.push([Math.max(last, due - unseenMs), next])
  }
  return joinIntervals(standstills)
}

/** The times at which the dispatcher did something, rising. */
export function actsOf(turns: readonly DueEvent[]): Float64Array {
  const acts = new Float64Array(turns.length)
  for (let i = 0; i < turns.length; i++) acts[i] = turns[i]![1]
  return acts.sort()
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

/**
 * When a dispatcher that stalls handles its events: `at`, or the end of a stall that delays an
 * event of that time. Calls of each kind have rising `at`.
 */
export interface DispatcherStalls {
  /** of a batch, a load or an unload */
  completion(at: Ms): Ms
  timer(at: Ms): Ms
  /** of a new request */
  handOver(at: Ms): Ms
}

/** Stalls of the dispatcher's thread: an event that is due in one is delayed to its end. */
export class Stalls {
  readonly #from: Float64Array
  readonly #to: Float64Array

  constructor(intervals: Intervals) {
    this.#from = Float64Array.from(intervals.from)
    this.#to = Float64Array.from(intervals.to)
  }

  /** `at`, or the end of the stall that contains it. */
  release(at: Ms): Ms {
    const after = indexAfter(this.#from, at)
    return after > 0 && at < this.#to[after - 1]! ? this.#to[after - 1]! : at
  }

  /** Whether a stall has time in common with that from `start` to `end`. */
  overlap(start: Ms, end: Ms): boolean {
    const after = indexAfter(this.#from, end)
    // the last that begins before `end` also ends last
    const last = after > 0 && this.#from[after - 1] === end ? after - 2 : after - 1
    return last >= 0 && this.#to[last]! > start
  }
}

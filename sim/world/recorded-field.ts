import type { Ms } from '../serving/ports.ts'
import { type Intervals, joinIntervals } from './standstills.ts'

/** One batch as an executor ran it. `work`: what it should have taken at speed 1, ms. */
export interface WorkedBatch {
  readonly executor: number
  readonly dispatched: Ms
  readonly started: Ms
  readonly ended: Ms
  readonly done: Ms
  readonly work: Ms
}

/** Steps of speed over time; plain data. */
export interface Steps {
  readonly times: readonly number[]
  readonly speeds: readonly number[]
}

/** How fast a machine was during a run: its executors, and when its dispatcher stood still. */
export interface MachineField {
  readonly executors: readonly Steps[]
  readonly dispatcher: Intervals
}

/** An overhead this much above its median is a standstill of the thread, not the cost of a step. */
const STANDSTILL_MS = 0.1
/** A batch that took this many times its work was held up rather than slow. */
const HELD_UP = 1.3

/** The usual overhead of a sample, and the longest that still counts as one. */
export function usualOverhead(sample: readonly Ms[]): { median: Ms; longest: Ms } {
  const sorted = Float64Array.from(sample).sort()
  const median = sorted.length > 0 ? sorted[sorted.length >> 1]! : 0
  return { median, longest: median + STANDSTILL_MS }
}

/**
 * The speed of a run's machine as a field in time, from its batches in the order of dispatch.
 *
 * From the start of each batch to the start of the next, an executor ran at work over time taken.
 * Where a batch was held up, nobody knows when, so its excess becomes a standstill in its middle:
 * spread evenly, a standstill of 10 ms under a batch of 0.5 ms would make a batch that begins 20 µs
 * earlier in the simulation end 400 µs too early. A dispatch that took unusually long is a
 * standstill of the executor.
 *
 * The dispatcher stood still where something was due (a completion, a timer, a hand-over; the latter
 * two come in as `turns`) and for long it did nothing at all: until its next act, whichever that was.
 */
export function recordField(
  batches: readonly WorkedBatch[],
  executors: number,
  turns: readonly (readonly [due: Ms, happened: Ms])[],
): MachineField {
  const fields = Array.from({ length: executors }, () => ({
    times: [] as number[],
    speeds: [] as number[],
  }))
  const dispatch = usualOverhead(batches.map((batch) => batch.started - batch.dispatched))
  for (const { executor, dispatched, started, ended, work } of batches) {
    const { times, speeds } = fields[executor]!
    if (started - dispatched > dispatch.longest) {
      times.push(dispatched)
      speeds.push(0)
    }
    const taken = Math.max(ended - started, 1e-6)
    const excess = Math.max(0, taken - work * HELD_UP)
    const speed = excess > 0 ? 1 / HELD_UP : work / taken
    times.push(started)
    speeds.push(speed)
    if (excess > 0) {
      const middle = started + (taken - excess) / 2
      times.push(middle, middle + excess)
      speeds.push(0, speed)
    }
  }
  for (const { times, speeds } of fields) {
    if (times.length > 0) continue
    times.push(0)
    speeds.push(1)
  }
  const completions = batches.map(({ ended, done }) => [ended, done] as const)
  return { executors: fields, dispatcher: standstills([...completions, ...turns]) }
}

function standstills(turns: readonly (readonly [due: Ms, happened: Ms])[]): Intervals {
  const usual = usualOverhead(turns.map(([due, happened]) => happened - due))
  const acts = Float64Array.from(turns, ([, happened]) => happened).sort()
  const still: [Ms, Ms][] = []
  for (const [due, happened] of turns) {
    if (happened - due <= usual.longest) continue
    const next = firstAfter(acts, due)
    if (next - due > usual.longest) still.push([due, next])
  }
  return joinIntervals(still)
}

/** The first of rising times that is later than `at`. */
function firstAfter(times: Float64Array, at: Ms): Ms {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= at) low = middle + 1
    else high = middle
  }
  return times[low]!
}

import type { Ms } from '../../serving/index.ts'
import {
  actsOf,
  type DueEvent,
  type Intervals,
  nextAct,
  standstillsOf,
  usualOverhead,
} from './standstills.ts'

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

/** How fast a machine was during a run, and when its dispatcher stood still. */
export interface MachineField {
  readonly executors: readonly Steps[]
  /** standstills that held up completions and timers */
  readonly dispatcher: Intervals
  /** standstills that held up anything at all, new requests included */
  readonly intake: Intervals
}

/** What the dispatcher did in a run. */
export interface DispatcherTurns {
  /** completions and timers */
  readonly reactions: readonly DueEvent[]
  /** requests, due when they were scheduled */
  readonly handOvers: readonly DueEvent[]
}

/** A batch that took this many times its work was held up rather than slow. */
const HELD_UP = 1.3

/**
 * The speed of a run's machine as a field in time, from its batches in the order of dispatch.
 *
 * From the start of each batch to the start of the next, an executor ran at work over time taken.
 * Where a batch was held up, nobody knows when, so its excess becomes a standstill in its middle:
 * spread evenly, a standstill of 10 ms under a batch of 0.5 ms would make a batch that begins 20 µs
 * earlier in the simulation end 400 µs too early. A dispatch that took unusually long is a
 * standstill of the executor.
 *
 * Requests that were handed over late say that the dispatcher stood still, but not that a
 * completion would have waited: where dispatcher and executor share a core, the one runs when the
 * other ends. So only completions and timers that were late themselves make standstills for their
 * like.
 */
export function recordField(
  batches: readonly WorkedBatch[],
  executors: number,
  turns: DispatcherTurns,
): MachineField {
  const fields = Array.from({ length: executors }, () => ({
    times: [] as number[],
    speeds: [] as number[],
  }))
  const { reactions, handOvers } = turns
  const acts = actsOf([...reactions, ...handOvers])
  const dispatch = usualOverhead(batches.map((batch) => batch.started - batch.dispatched))
  const completion = usualOverhead(batches.map((batch) => batch.done - batch.ended))
  for (const batch of batches) {
    const { executor, dispatched, started, done, work } = batch
    // the dispatcher was at work but did not see the end: the executor was held up in reporting it
    const unseen = done - nextAct(acts, batch.ended) > completion.longest
    const ended = unseen ? done - completion.median : batch.ended
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
  return {
    executors: fields,
    dispatcher: standstillsOf(reactions, acts),
    intake: standstillsOf([...reactions, ...handOvers], acts),
  }
}

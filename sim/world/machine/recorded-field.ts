import type { Ms } from '../../serving/index.ts'
import {
  actsOf,
  type DueEvent,
  type Intervals,
  nextAct,
  stallsOf,
  usualOverhead,
} from './stalls.ts'

/** One batch on an executor. `work`: its calibrated duration at speed 1, ms. */
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

/** The speed of a machine during a run, and the stalls of its dispatcher. */
export interface MachineField {
  readonly executors: readonly Steps[]
  /** stalls that delayed completions and timers */
  readonly dispatcher: Intervals
  /** stalls that delayed anything, including new requests */
  readonly intake: Intervals
}

/** The events of a run that a dispatcher handled. */
export interface DispatcherTurns {
  /** completions and timers */
  readonly reactions: readonly DueEvent[]
  /** requests, due at their scheduled time */
  readonly handOvers: readonly DueEvent[]
}

/** A batch that took more than this multiple of its work was held up rather than slow. */
const HELD_UP = 1.3

/**
 * The speed of a run's machine as a field in time, from its batches in the order of dispatch.
 *
 * From the start of each batch to the start of the next, an executor ran at its work over the time
 * taken. A recording does not show when in a batch a delay happened, so the excess of a delayed
 * batch becomes a stall in its middle. Spread evenly, a stall of 10 ms in a batch of 0.5 ms of work
 * would make a batch that begins 20 µs earlier in the simulation end 400 µs too early. An unusually
 * slow dispatch is a stall of the executor.
 *
 * A request that was sent late shows that the dispatcher stalled, but not that a completion would
 * have waited: where dispatcher and executor share a core, one runs when the other ends. So only
 * late completions and timers make stalls for completions and timers.
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
    // the dispatcher acted in between but did not see the end, so the executor reported it late
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
    dispatcher: stallsOf(reactions, acts),
    intake: stallsOf([...reactions, ...handOvers], acts),
  }
}

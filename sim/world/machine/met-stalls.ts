import type { Ms } from '../../serving/index.ts'
import type { Speed, Steps } from './speed.ts'
import { type DispatcherStalls, type Intervals, LONGEST_BREAK_MS } from './stalls.ts'

/**
 * A recording shows only the stalls that something met: an idle executor shows none, and nor does a
 * dispatcher that has nothing due. If a simulation placed them at their times, most would find
 * other executors idle, or other events, and p99 would come out too short by up to 17 %
 * (tools/resampling). So a recorded stall is met whole, and as often as stalls were met:
 *
 * - a stall within a batch once in so much time in batches,
 * - a late start once in so many batches of an idle executor,
 * - a stall of the dispatcher by the next event of its kind.
 */

/** Stalls by exposure: by time in batches, ms, or by a number of batches. */
export interface MetStalls {
  /** exposure until each stall, rising */
  readonly after: readonly number[]
  /** duration of each stall */
  readonly ms: readonly Ms[]
  /** exposure after which they repeat */
  readonly length: number
}

export const NO_STALLS: MetStalls = Object.freeze({ after: [], ms: [], length: 0 })

class StallsAhead {
  readonly #stalls: MetStalls
  #next = 0
  #spent = 0

  constructor(stalls: MetStalls) {
    this.#stalls = stalls
  }

  /** Exposure until the next stall; Infinity for none. */
  get left(): number {
    const { after } = this.#stalls
    return after.length === 0 ? Number.POSITIVE_INFINITY : after[this.#next]! - this.#spent
  }

  spend(exposure: number): void {
    this.#spent += exposure
  }

  /** Meets the next stall; returns its duration, ms. */
  take(): Ms {
    const { after, ms, length } = this.#stalls
    const stall = ms[this.#next++]!
    if (this.#next === after.length) {
      this.#next = 0
      this.#spent -= length
    }
    return stall
  }
}

/** The speed of an executor without its stalls, and these. */
export interface MetExecutor {
  readonly steps: Steps
  readonly stalls: MetStalls
  readonly lateStarts: MetStalls
}

/** A machine like recorded ones, over the time of a run. */
export interface BootstrappedField {
  readonly executors: readonly MetExecutor[]
  /** stalls that delay completions and timers, and those that delay new requests */
  readonly dispatcher: Intervals
  readonly intake: Intervals
}

/** Constant speed 1. */
export const IDEAL_EXECUTOR: MetExecutor = Object.freeze({
  steps: { times: [0], speeds: [1] },
  stalls: NO_STALLS,
  lateStarts: NO_STALLS,
})

/** One executor over time. */
class ExecutorSpeed {
  readonly #times: Float64Array
  readonly #speeds: Float64Array
  readonly #stalls: StallsAhead
  readonly #lateStarts: StallsAhead
  #step = 0

  constructor({ steps, stalls, lateStarts }: MetExecutor) {
    this.#times = Float64Array.from(steps.times)
    this.#speeds = Float64Array.from(steps.speeds)
    this.#stalls = new StallsAhead(stalls)
    this.#lateStarts = new StallsAhead(lateStarts)
  }

  begin(at: Ms, gap: Ms): Ms {
    if (gap <= LONGEST_BREAK_MS) return at
    const late = this.#lateStarts
    late.spend(1)
    let begun = at
    while (late.left <= 0) begun += late.take()
    return begun
  }

  finish(start: Ms, work: Ms): Ms {
    const times = this.#times
    const stalls = this.#stalls
    const last = times.length - 1
    let at = start
    let left = work
    for (;;) {
      while (this.#step < last && times[this.#step + 1]! <= at) this.#step++
      const speed = this.#speeds[this.#step]!
      const until = this.#step < last ? times[this.#step + 1]! : Number.POSITIVE_INFINITY
      const stretch = Math.min(stalls.left, until - at)
      if (left <= stretch * speed) {
        stalls.spend(left / speed)
        return at + left / speed
      }
      stalls.spend(stretch)
      left -= stretch * speed
      at += stretch
      while (stalls.left <= 0) at += stalls.take()
    }
  }
}

/** Executors that are like recorded ones. */
export class MetSpeed implements Speed {
  readonly #executors: readonly ExecutorSpeed[]

  constructor(executors: readonly MetExecutor[]) {
    this.#executors = executors.map((executor) => new ExecutorSpeed(executor))
  }

  begin(executor: number, at: Ms, gap: Ms): Ms {
    return this.#executors[executor]!.begin(at, gap)
  }

  finish(executor: number, start: Ms, work: Ms): Ms {
    return this.#executors[executor]!.finish(start, work)
  }
}

/** Stalls that each delay an event of one kind, and those behind until they end. */
export class MetEvents {
  readonly #from: Float64Array
  readonly #to: Float64Array
  #next = 0
  #free: Ms = Number.NEGATIVE_INFINITY

  constructor({ from, to }: Intervals) {
    this.#from = Float64Array.from(from)
    this.#to = Float64Array.from(to)
  }

  handled(due: Ms): Ms {
    const i = this.#next
    if (i < this.#from.length && this.#from[i]! <= due) {
      this.#free = Math.max(this.#free, due + this.#to[i]! - this.#from[i]!)
      this.#next++
    }
    return Math.max(due, this.#free)
  }
}

/** A dispatcher that is like a recorded one. */
export class MetDispatcher implements DispatcherStalls {
  readonly #reactions: MetEvents
  readonly #handOvers: MetEvents

  constructor(reactions: Intervals, handOvers: Intervals) {
    this.#reactions = new MetEvents(reactions)
    this.#handOvers = new MetEvents(handOvers)
  }

  completion(at: Ms): Ms {
    return this.#reactions.handled(at)
  }

  timer(at: Ms): Ms {
    return this.#reactions.handled(at)
  }

  handOver(at: Ms): Ms {
    return this.#handOvers.handled(at)
  }
}

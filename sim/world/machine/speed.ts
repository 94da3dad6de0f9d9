import type { Ms } from '../../serving/index.ts'

/** Steps of speed over time; plain data. */
export interface Steps {
  readonly times: readonly number[]
  readonly speeds: readonly number[]
}

/** The speed of executors over time: work done per ms. 1 is the speed at calibration. */
export interface Speed {
  /**
   * Time at which an executor that was idle for `gap` and is given a batch at `at` begins it: later
   * if it is stalled.
   */
  begin(executor: number, at: Ms, gap: Ms): Ms
  /**
   * Time at which `work` (ms at speed 1) of a batch of `size` that an executor begins at `start` is
   * done. Calls for one executor have rising `start`.
   */
  finish(executor: number, start: Ms, work: Ms, size?: number): Ms
  /** The batch of an executor, which would have ended later, is lost at `at`. */
  lost?(executor: number, at: Ms): void
}

/** An executor whose accelerators stopped because they were too warm, or have cooled. */
export interface HeatStop {
  readonly executor: number
  readonly stopped: boolean
}

/** Temperatures at which accelerators stop. */
export interface HeatWatch {
  /** `wake` is called with every time at which `look` has to be called. */
  watch(wake: (at: Ms) => void): void
  /** What has stopped or has cooled since the last call, in order. */
  look(now: Ms): readonly HeatStop[]
}

/** The speed of engines, whose runs of steps may be cut. */
export interface StepSpeed {
  /** How an engine with so many sequences runs its steps from `at` on. */
  pace(executor: number, at: Ms, size: number): StepPace
  /** A run has ended, at its end or cut. */
  ran(executor: number, from: Ms, to: Ms, size: number): void
}

export interface StepPace {
  /** times as long as at speed 1 */
  readonly stretch: number
  /** time before the first step */
  readonly delayMs: Ms
  /** when the stretch changes: a run ends with the first step from then on */
  readonly changesAt: Ms
}

export const FULL_PACE: StepPace = Object.freeze({
  stretch: 1,
  delayMs: 0,
  changesAt: Number.POSITIVE_INFINITY,
})

/** Constant speed 1. */
export const idealSpeed: Speed = Object.freeze({
  begin: (_executor: number, at: Ms) => at,
  finish: (_executor: number, start: Ms, work: Ms) => start + work,
})

/**
 * A speed field: a step function for each executor. `speeds[i]` holds from `times[i]` on, and
 * `speeds[0]` also before. It depends on time and not on batches, so batches with other members
 * still meet the machine as it was at that moment.
 */
export class SpeedField implements Speed {
  readonly #steps: readonly { readonly times: Float64Array; readonly speeds: Float64Array }[]
  readonly #cursors: Int32Array

  constructor(steps: readonly Steps[]) {
    this.#steps = steps.map(({ times, speeds }) => ({
      times: Float64Array.from(times),
      speeds: Float64Array.from(speeds),
    }))
    this.#cursors = new Int32Array(steps.length)
  }

  begin(executor: number, at: Ms): Ms {
    const { times, speeds } = this.#steps[executor]!
    let i = this.#stepAt(executor, at)
    let begun = at
    while (speeds[i] === 0 && i < times.length - 1) begun = times[++i]!
    return begun
  }

  #stepAt(executor: number, at: Ms): number {
    const { times } = this.#steps[executor]!
    let i = this.#cursors[executor]!
    while (i < times.length - 1 && times[i + 1]! <= at) i++
    this.#cursors[executor] = i
    return i
  }

  finish(executor: number, start: Ms, work: Ms): Ms {
    const { times, speeds } = this.#steps[executor]!
    const last = times.length - 1
    let i = this.#stepAt(executor, start)
    let at = start
    let left = work
    while (i < last) {
      const capacity = (times[i + 1]! - at) * speeds[i]!
      if (capacity >= left) return left === 0 ? at : at + left / speeds[i]!
      left -= capacity
      at = times[++i]!
    }
    return at + left / speeds[last]!
  }
}

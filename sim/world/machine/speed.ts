import type { Ms } from '../../serving/index.ts'
import type { Steps } from './recorded-field.ts'

/** The speed of executors over time: work done per ms. 1 is the speed at calibration. */
export interface Speed {
  /**
   * Time at which `work` (ms at speed 1) that an executor begins at `start` is done. Calls for one
   * executor have rising `start`.
   */
  finish(executor: number, start: Ms, work: Ms): Ms
}

/** Constant speed 1. */
export const idealSpeed: Speed = Object.freeze({
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

  finish(executor: number, start: Ms, work: Ms): Ms {
    const { times, speeds } = this.#steps[executor]!
    const last = times.length - 1
    let i = this.#cursors[executor]!
    while (i < last && times[i + 1]! <= start) i++
    this.#cursors[executor] = i
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

import type { Ms } from '../../serving/index.ts'
import type { Speed } from './speed.ts'

/**
 * The speed of identical executors that share a queue. Chance decides which of them takes a batch:
 * two that ended some µs apart may swap their order.
 *
 * A stall of an idle executor leaves no trace in a recording. A batch that runs on another executor
 * than in the recording would therefore meet too few stalls. Instead, each batch follows the
 * recording of an identical, unused executor: the one with a batch start nearest in time.
 */
export class AlikeSpeed implements Speed {
  readonly #recorded: Speed
  readonly #groups: readonly number[]
  /** when each recorded executor received a batch, ms, rising */
  readonly #times: readonly Float64Array[]
  readonly #next: Int32Array
  /** the recording that each executor's batch follows */
  readonly #followed: Int32Array
  /** time until which each recording is in use, ms */
  readonly #until: Float64Array

  /**
   * `groups`: executors with the same number are identical. `times`: when each recorded executor
   * received a batch, ms, rising.
   */
  constructor(recorded: Speed, groups: readonly number[], times: readonly Float64Array[]) {
    this.#recorded = recorded
    this.#groups = groups
    this.#times = times
    this.#next = new Int32Array(times.length)
    this.#followed = new Int32Array(times.length)
    this.#until = new Float64Array(times.length).fill(Number.NEGATIVE_INFINITY)
  }

  begin(executor: number, start: Ms, gap: Ms): Ms {
    const group = this.#groups[executor]!
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#groups.length; i++) {
      // as many recordings as executors, so at least one is always free
      if (this.#groups[i] !== group || this.#until[i]! > start) continue
      const distance = this.#distance(i, start)
      if (best < 0 || distance < least) {
        best = i
        least = distance
      }
    }
    this.#followed[executor] = best
    this.#until[best] = Number.POSITIVE_INFINITY
    return this.#recorded.begin(best, start, gap)
  }

  finish(executor: number, start: Ms, work: Ms): Ms {
    const recording = this.#followed[executor]!
    const end = this.#recorded.finish(recording, start, work)
    this.#until[recording] = end
    return end
  }

  /**
   * Time from `at` to the nearest batch of a recording, ms. `at` nearly rises from call to call.
   */
  #distance(recording: number, at: Ms): Ms {
    const times = this.#times[recording]!
    let i = this.#next[recording]!
    while (i > 0 && times[i - 1]! > at) i--
    while (i < times.length && times[i]! <= at) i++
    this.#next[recording] = i
    const before = i > 0 ? at - times[i - 1]! : Number.POSITIVE_INFINITY
    const after = i < times.length ? times[i]! - at : Number.POSITIVE_INFINITY
    return Math.min(before, after)
  }
}

import type { Ms } from '../../serving/index.ts'
import type { Speed } from './speed.ts'

/**
 * The speed of executors that are alike and share a queue, so that chance decides which of them
 * takes a batch: two of them that ended some µs apart may take turns in the other order.
 *
 * Where an executor stood still while it was idle, nobody saw it. So a batch that went to another
 * executor than in the recording would meet standstills too seldom. Instead each batch meets the
 * recording of that executor which began a batch nearest in time, of those alike and not in use.
 */
export class AlikeSpeed implements Speed {
  readonly #recorded: Speed
  readonly #groups: readonly number[]
  /** when each recorded executor was given a batch, rising */
  readonly #given: readonly Float64Array[]
  readonly #next: Int32Array
  /** until when each recording is in use */
  readonly #until: Float64Array

  /** `groups`: executors of the same number are alike. `given`: rising times for each, ms. */
  constructor(recorded: Speed, groups: readonly number[], given: readonly Float64Array[]) {
    this.#recorded = recorded
    this.#groups = groups
    this.#given = given
    this.#next = new Int32Array(given.length)
    this.#until = new Float64Array(given.length).fill(Number.NEGATIVE_INFINITY)
  }

  finish(executor: number, start: Ms, work: Ms): Ms {
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
    const end = this.#recorded.finish(best, start, work)
    this.#until[best] = end
    return end
  }

  /** From `at` to the nearest batch of a recording; calls come with nearly rising `at`. */
  #distance(recording: number, at: Ms): Ms {
    const given = this.#given[recording]!
    let i = this.#next[recording]!
    while (i > 0 && given[i - 1]! > at) i--
    while (i < given.length && given[i]! <= at) i++
    this.#next[recording] = i
    const before = i > 0 ? at - given[i - 1]! : Number.POSITIVE_INFINITY
    const after = i < given.length ? given[i]! - at : Number.POSITIVE_INFINITY
    return Math.min(before, after)
  }
}

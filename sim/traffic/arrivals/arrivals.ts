import { EventHeap } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { TraceFeed } from '../trace/trace-feed.ts'
import type { Gap } from './gaps.ts'
import type { OperationalTime } from './operational-time.ts'

/**
 * Scheduled times of one class, rising; Infinity once there are no more, NaN where rows of a trace
 * must be put in first.
 */
export interface ArrivalProcess {
  next(): Ms
}

/**
 * A renewal process under a changing rate, by the change of time t = Lambda^-1(sum of gaps): with
 * exponential gaps a Poisson process of that very rate, else its counterpart with other gaps
 * (Gerhardt and Nelson 2009, inversion method).
 */
export class RenewalArrivals implements ArrivalProcess {
  readonly #gap: Gap
  readonly #time: OperationalTime
  readonly #endMs: Ms
  #sum = 0

  constructor(gap: Gap, time: OperationalTime, endMs: Ms) {
    this.#gap = gap
    this.#time = time
    this.#endMs = endMs
  }

  next(): Ms {
    this.#sum += this.#gap()
    const at = this.#time.inverse(this.#sum)
    return at < this.#endMs ? at : Number.POSITIVE_INFINITY
  }
}

/** Arrivals of several processes in the order of time; of equal times the lower one first. */
export class SummedArrivals implements ArrivalProcess {
  readonly #parts: readonly ArrivalProcess[]
  /** the next arrival of each part, whose number is the kind of the event */
  readonly #next = new EventHeap()

  constructor(parts: readonly ArrivalProcess[]) {
    this.#parts = parts
    for (const number of parts.keys()) this.#pull(number)
  }

  next(): Ms {
    if (!this.#next.pop()) return Number.POSITIVE_INFINITY
    const at = this.#next.time
    this.#pull(this.#next.slot)
    return at
  }

  #pull(number: number): void {
    const at = this.#parts[number]!.next()
    if (at < Number.POSITIVE_INFINITY) this.#next.push(at, number, number)
  }
}

/** Times that were recorded, stretched by `scale`. */
export class TraceArrivals implements ArrivalProcess {
  readonly #feed: TraceFeed
  readonly #scale: number
  readonly #endMs: Ms

  constructor(feed: TraceFeed, scale: number, endMs: Ms) {
    this.#feed = feed
    this.#scale = scale
    this.#endMs = endMs
  }

  next(): Ms {
    const at = this.#feed.next() * this.#scale
    return at >= this.#endMs ? Number.POSITIVE_INFINITY : at
  }
}

import { EventHeap } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { Gap } from './gaps.ts'

/** Scheduled times of a class, ms, rising; Infinity after the last, NaN to read more of a trace. */
export interface ArrivalProcess {
  next(): Ms
}

/** Maps expected numbers of arrivals to times. */
export interface OperationalTime {
  /** Time at which `sum` arrivals are expected, ms; Infinity for never. Call with rising sums. */
  inverse(sum: number): Ms
}

/**
 * A renewal process with a changing rate, by the change of time t = Lambda^-1(sum of gaps)
 * (Gerhardt and Nelson 2009, inversion method). With exponential gaps it is a Poisson process of
 * that rate.
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

/** Arrivals of several processes in order of time; of equal times the lower process first. */
export class SummedArrivals implements ArrivalProcess {
  readonly #parts: readonly ArrivalProcess[]
  /** the next arrival of each process, whose number is the kind of the event */
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

import type { Ms } from '../ports.ts'
import type { AdaptiveLifoPlan } from './admission-plan.ts'

/**
 * Whether a queue is overloaded, and how long a new request may wait (Maurer, Fail at Scale, ACM
 * Queue 13:8, 2015; after CoDel: Nichols and Jacobson, ACM Queue 10:5, 2012; RFC 8289). A queue
 * that has not been empty for an interval is overloaded: new requests may wait for the target
 * instead of the interval, and the newest request goes first.
 */
export class Overload {
  readonly #plan: AdaptiveLifoPlan
  /** when it begins, unless the queue empties before */
  #from: Ms = Number.POSITIVE_INFINITY

  constructor(plan: AdaptiveLifoPlan) {
    this.#plan = plan
  }

  /** The queue was empty and is no longer. */
  filled(now: Ms): void {
    this.#from = now + this.#plan.intervalMs
  }

  /** Of a queue that is not empty. */
  isOn(now: Ms): boolean {
    return now >= this.#from
  }

  maxWaitMs(inOverload: boolean): Ms {
    return inOverload ? this.#plan.targetMs : this.#plan.intervalMs
  }
}

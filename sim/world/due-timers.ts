import type { Ms } from '../serving/index.ts'
import type { DueEvent } from './machine/stalls.ts'

/** When each timer is due, without lateness, and where asked for, those that were due. */
export class DueTimers {
  /** Infinity for those that are not armed */
  readonly #due: Ms[] = []
  readonly #fired: DueEvent[] | null

  /** `fired`: receives them; null where they are not noted. */
  constructor(fired: DueEvent[] | null) {
    this.#fired = fired
  }

  /** The first that is due; Infinity for none. */
  get first(): Ms {
    let first = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#due.length; i++) first = Math.min(first, this.#due[i]!)
    return first
  }

  /** Sets when a timer is due next. Where it was due, it has fired, or another event came first. */
  set(now: Ms, timer: number, next: Ms): void {
    const due = this.#due[timer]!
    if (this.#fired !== null && due <= now) this.#fired.push([due, now])
    this.#due[timer] = next
  }
}

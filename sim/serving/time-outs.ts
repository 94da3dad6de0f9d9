import type { Ms } from './ports.ts'
import type { Requests } from './requests.ts'
import { WaitingList } from './waiting-list.ts'

/** Waiting requests by the end of their time: a list for each time-out, as each is in order. */
export class TimeOuts {
  readonly #requests: Requests
  readonly #lists: readonly WaitingList[]
  /** by class; null where its time is not limited */
  readonly #listOf: readonly (WaitingList | null)[]

  /** `timeouts`: of each class; Infinity for none. */
  constructor(timeouts: readonly Ms[], requests: Requests) {
    const lists = new Map<Ms, WaitingList>()
    this.#listOf = timeouts.map((timeout) => {
      if (timeout === Number.POSITIVE_INFINITY) return null
      const list = lists.get(timeout) ?? new WaitingList()
      lists.set(timeout, list)
      return list
    })
    this.#lists = [...lists.values()]
    this.#requests = requests
  }

  push(request: number): void {
    this.#listOf[this.#requests.class[request]!]?.push(request)
  }

  remove(request: number): void {
    this.#listOf[this.#requests.class[request]!]?.remove(request)
  }

  /** The one whose time is over first; -1 for none. */
  next(): number {
    let next = -1
    for (const { oldest } of this.#lists) {
      if (oldest < 0) continue
      if (next < 0 || this.#requests.deadline[oldest]! < this.#requests.deadline[next]!) {
        next = oldest
      }
    }
    return next
  }
}

import type { Requests } from './requests.ts'
import { WaitingList } from './waiting-list.ts'

/** Waiting requests by the end of their time: a list for each group of classes that keeps order. */
export class TimeOuts {
  readonly #requests: Requests
  readonly #lists: readonly WaitingList[]
  /** by class; null where its time is not limited */
  readonly #listOf: readonly (WaitingList | null)[]

  /**
   * `groups`: of each class; within one, who comes first runs out of time first. Null where time is
   * not limited.
   */
  constructor(groups: readonly (string | null)[], requests: Requests) {
    const lists = new Map<string, WaitingList>()
    this.#listOf = groups.map((group) => {
      if (group === null) return null
      const list = lists.get(group) ?? new WaitingList()
      lists.set(group, list)
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

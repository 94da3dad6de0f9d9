import { KeyedHeap } from '../../kernel/index.ts'
import type { Requests } from '../requests.ts'
import { WaitingList } from './waiting-list.ts'

/** The group of classes in which a later request may time out first. */
export const ANY_ORDER = 'any order'

/** Waiting requests by timeout: a list for each group of classes that keeps order, else a heap. */
export class TimeOuts {
  readonly #requests: Requests
  readonly #lists: readonly WaitingList[]
  /** by class, and again by class for requests that arrived in overload; null: not limited */
  readonly #listOf: readonly (WaitingList | KeyedHeap | null)[]
  readonly #heap: KeyedHeap

  /**
   * `groups`: of each class, and again of each for arrivals in overload; within a group but
   * ANY_ORDER, the first to arrive times out first. Null where time is not limited.
   */
  constructor(groups: readonly (string | null)[], requests: Requests) {
    const lists = new Map<string, WaitingList>()
    this.#heap = new KeyedHeap((request) => requests.deadline[request]!)
    this.#listOf = groups.map((group) => {
      if (group === null) return null
      if (group === ANY_ORDER) return this.#heap
      const list = lists.get(group) ?? new WaitingList()
      lists.set(group, list)
      return list
    })
    this.#lists = [...lists.values()]
    this.#requests = requests
  }

  push(request: number): void {
    this.#list(request)?.push(request)
  }

  remove(request: number): void {
    this.#list(request)?.remove(request)
  }

  /** The request that times out first; -1 for none. */
  next(): number {
    let next = this.#heap.next()
    for (const { oldest } of this.#lists) {
      if (oldest < 0) continue
      if (next < 0 || this.#requests.deadline[oldest]! < this.#requests.deadline[next]!) {
        next = oldest
      }
    }
    return next
  }

  #list(request: number): WaitingList | KeyedHeap | null {
    const { class: numbers, arrivedInOverload } = this.#requests
    return this.#listOf[
      numbers[request]! + (arrivedInOverload[request]! * this.#listOf.length) / 2
    ]!
  }
}

import { KeyedHeap } from '../../kernel/index.ts'
import type { ClassPlan, PoolPlan } from '../plan.ts'
import { computedIn, type Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'

/** Deadlines and lengths of the requests that wait, for policies that look ahead. */
export class LookAheadIndex {
  readonly #requests: Requests
  readonly #pool: PoolPlan
  readonly #deadlineOf: (request: number) => Ms
  readonly #urgent: KeyedHeap
  readonly #longest: KeyedHeap
  #count = 0
  #tokens = 0

  constructor(pool: PoolPlan, classes: readonly ClassPlan[], requests: Requests) {
    this.#pool = pool
    this.#requests = requests
    this.#deadlineOf = (request) =>
      requests.at[request]! + classes[requests.class[request]!]!.deadlineMs
    this.#urgent = new KeyedHeap(this.#deadlineOf)
    this.#longest = new KeyedHeap((request) => -requests.length[request]!)
  }

  push(request: number): void {
    this.#urgent.push(request)
    this.#longest.push(request)
    this.#count++
    this.#tokens += this.#requests.length[request]!
  }

  remove(request: number): void {
    this.#urgent.remove(request)
    this.#longest.remove(request)
    this.#count--
    this.#tokens -= this.#requests.length[request]!
  }

  /** The earliest deadline of waiting requests. */
  get firstDeadline(): Ms {
    return this.#deadlineOf(this.#urgent.next())
  }

  /** What one batch of all waiting requests would compute. */
  get computed(): number {
    const { ragged, padTo } = this.#pool
    const length = ragged ? 0 : padded(this.#requests.length[this.#longest.next()]!, padTo)
    return computedIn({ size: this.#count, length, tokens: this.#tokens })
  }
}

/** A length, rounded up to a multiple of `padTo`. */
export function padded(length: number, padTo: number): number {
  return Math.ceil(length / padTo) * padTo
}

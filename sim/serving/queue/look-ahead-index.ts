import { KeyedHeap } from '../../kernel/index.ts'
import { computedIn, paddedLength } from '../batching/padding.ts'
import type { ClassPlan, PoolPlan } from '../plan.ts'
import type { Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { deadlineOf } from './deadline.ts'

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
    this.#deadlineOf = deadlineOf(classes, requests)
    this.#urgent = new KeyedHeap(this.#deadlineOf)
    this.#longest = new KeyedHeap((request) => -requests.inputTokens[request]!)
  }

  push(request: number): void {
    this.#urgent.push(request)
    this.#longest.push(request)
    this.#count++
    this.#tokens += this.#requests.inputTokens[request]!
  }

  remove(request: number): void {
    this.#urgent.remove(request)
    this.#longest.remove(request)
    this.#count--
    this.#tokens -= this.#requests.inputTokens[request]!
  }

  /** The earliest deadline of waiting requests. */
  get firstDeadline(): Ms {
    return this.#deadlineOf(this.#urgent.next())
  }

  /** What one batch of all waiting requests would compute. */
  get computed(): number {
    const length = paddedLength(this.#pool, this.#requests.inputTokens[this.#longest.next()]!)
    return computedIn({ size: this.#count, length, tokens: this.#tokens })
  }
}

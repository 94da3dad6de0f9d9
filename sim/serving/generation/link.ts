import type { Ms } from '../ports.ts'
import type { HandOverPlan } from './generation-plan.ts'

/** Takes KV caches to another pool, one after the other in the order in which they came. */
export class Link {
  readonly #plan: HandOverPlan
  readonly #requests: number[] = []
  readonly #due: Ms[] = []
  #head = 0
  #freeAt: Ms = Number.NEGATIVE_INFINITY

  constructor(plan: HandOverPlan) {
    this.#plan = plan
  }

  /** When the next one arrives; Infinity for none. */
  get due(): Ms {
    return this.#due[this.#head] ?? Number.POSITIVE_INFINITY
  }

  send(now: Ms, request: number, tokens: number): void {
    const { baseMs, msPerToken } = this.#plan
    this.#freeAt = Math.max(now, this.#freeAt) + baseMs + tokens * msPerToken
    this.#requests.push(request)
    this.#due.push(this.#freeAt)
  }

  /** The one that has arrived. */
  take(): number {
    const request = this.#requests[this.#head++]!
    if (this.#head > 1024 && 2 * this.#head > this.#due.length) {
      this.#requests.splice(0, this.#head)
      this.#due.splice(0, this.#head)
      this.#head = 0
    }
    return request
  }
}

import type { Scenario } from '../../scenarios/schema/schema.ts'
import type { Ms } from '../serving/index.ts'

/**
 * The way from clients to queues: a delay that requests spend side by side, then one after another
 * the time for which each holds the link. With Poisson arrivals that is M/D/1.
 */
export class Link {
  readonly #delayMs: Ms
  readonly #perRequestMs: Ms
  #freeFrom: Ms = 0

  constructor(link: NonNullable<Scenario['link']>) {
    this.#delayMs = link.delay_ms
    this.#perRequestMs = link.per_request_ms
  }

  /** When a request that is sent at a time is through, if it is the next one. */
  through(sent: Ms): Ms {
    return Math.max(sent + this.#delayMs, this.#freeFrom) + this.#perRequestMs
  }

  /** The next one is through. */
  passed(now: Ms): void {
    this.#freeFrom = now
  }
}

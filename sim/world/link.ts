import type { Scenario } from '../../scenarios/schema/schema.ts'
import type { Ms } from '../serving/index.ts'

/**
 * The network from clients to queues. Each request is delayed, in parallel with the others, and
 * then occupies the link for a fixed time, one request after another. With Poisson arrivals the
 * link is an M/D/1 queue.
 */
export class Link {
  readonly #delayMs: Ms
  readonly #perRequestMs: Ms
  #freeFrom: Ms = 0

  constructor(link: NonNullable<Scenario['link']>) {
    this.#delayMs = link.delay_ms
    this.#perRequestMs = link.per_request_ms
  }

  /** Time at which the next request leaves the link if it is sent at `sent`, ms. */
  through(sent: Ms): Ms {
    return Math.max(sent + this.#delayMs, this.#freeFrom) + this.#perRequestMs
  }

  /** The next request has left the link. */
  passed(now: Ms): void {
    this.#freeFrom = now
  }
}

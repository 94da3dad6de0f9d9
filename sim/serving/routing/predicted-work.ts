import { ServiceEstimator } from '../batching/service-estimator.ts'
import type { Ms } from '../ports.ts'
import type { PredictedWork } from './routing-policy.ts'

/** What ended requests took, by their lengths. */
export class LearntTimes {
  /** executor time of a request: its share of the time of its batch */
  readonly share = new ServiceEstimator()
  /** time of the batch of a request */
  readonly batch = new ServiceEstimator()
  known = false

  observe(tokens: number, batchMs: Ms, size: number): void {
    this.known = true
    this.share.observe(tokens, batchMs / size)
    this.batch.observe(tokens, batchMs)
  }
}

/**
 * The requests that a candidate has, and what they are predicted to take: their executor time
 * over the executors, then the batch of the request itself. The times are those of requests that
 * have ended there; until one has, those of all candidates. A request that was begun counts whole.
 */
export class OutstandingWork implements PredictedWork {
  readonly #learnt = new LearntTimes()
  readonly #shared: LearntTimes
  readonly #executors: number
  #requests = 0
  #tokens = 0

  constructor(executors: number, shared: LearntTimes) {
    this.#executors = executors
    this.#shared = shared
  }

  sent(tokens: number): void {
    this.#requests++
    this.#tokens += tokens
  }

  /** `size`: requests of its batch; 0 where it was in none that succeeded. */
  ended(tokens: number, batchMs: Ms, size: number): void {
    this.#requests--
    this.#tokens -= tokens
    if (size === 0) return
    this.#learnt.observe(tokens, batchMs, size)
    this.#shared.observe(tokens, batchMs, size)
  }

  responseMs(tokens: number): Ms {
    const { share, batch, known } = this.#learnt.known ? this.#learnt : this.#shared
    if (!known) return Number.NaN
    const n = this.#requests
    const ahead = n > 0 ? n * share.predict(this.#tokens / n) : 0
    return ahead / this.#executors + batch.predict(tokens)
  }
}

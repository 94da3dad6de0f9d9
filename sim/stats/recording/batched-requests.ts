import type { Ms } from '../../serving/index.ts'
import { BUCKETS } from './time-series.ts'

/** Requests in the batches of each pool, by the interval of the traffic in which they ended. */
export class BatchedRequests {
  readonly #bucketMs: Ms
  readonly #counts: readonly Float64Array[]

  constructor(pools: number, durationMs: Ms) {
    this.#bucketMs = durationMs / BUCKETS
    this.#counts = Array.from({ length: pools }, () => new Float64Array(BUCKETS))
  }

  batch(now: Ms, pool: number, size: number): void {
    const bucket = Math.floor(now / this.#bucketMs)
    if (bucket < BUCKETS) this.#counts[pool]![bucket]! += size
  }

  /** Requests per second of each interval, by pool. */
  get rates(): number[][] {
    return this.#counts.map((counts) =>
      Array.from(counts, (count) => (1000 * count) / this.#bucketMs),
    )
  }
}

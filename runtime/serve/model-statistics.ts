import type { EndedBatch, EndedRequest } from './ended-request.ts'
import { MODEL_VERSION } from './served-model.ts'

/** Durations in the form of Triton. */
class Durations {
  #count = 0
  #ns = 0

  add(ms: number): void {
    this.#count++
    this.#ns += ms * 1e6
  }

  get count(): number {
    return this.#count
  }

  toJSON(): { readonly count: number; readonly ns: number } {
    return { count: this.#count, ns: Math.round(this.#ns) }
  }
}

/**
 * Statistics of a model in the form of Triton's extension of the protocol. `batch_stats` counts
 * executions, `inference_stats` counts requests, each with the time of its whole batch. An executor
 * times a batch as a whole: what it does before and after the model is part of `compute_infer`. A
 * batch that had to be run member by member is no execution of its size, and is not counted.
 */
export class ModelStatistics {
  readonly #name: string
  readonly #success = new Durations()
  readonly #fail = new Durations()
  readonly #queue = new Durations()
  readonly #compute = new Durations()
  readonly #batches = new Map<number, Durations>()
  #executions = 0
  #lastAt = 0

  constructor(name: string) {
    this.#name = name
  }

  /** `at`: ms since 1970. */
  add({ as, totalMs, batch }: Pick<EndedRequest, 'as' | 'totalMs' | 'batch'>, at: number): void {
    // also of a request whose client no longer waits
    if (batch?.first) this.#executed(batch)
    if (as !== 'served' || batch === null) {
      this.#fail.add(totalMs)
      return
    }
    this.#lastAt = at
    this.#success.add(totalMs)
    this.#queue.add(batch.queueMs)
    this.#compute.add(batch.computeMs)
  }

  #executed({ size, computeMs }: EndedBatch): void {
    this.#executions++
    const ofSize = this.#batches.get(size) ?? new Durations()
    this.#batches.set(size, ofSize)
    ofSize.add(computeMs)
  }

  toJSON() {
    const served = { count: this.#success.count, ns: 0 }
    const none = { count: 0, ns: 0 }
    return {
      name: this.#name,
      version: MODEL_VERSION,
      last_inference: this.#lastAt,
      inference_count: this.#success.count,
      execution_count: this.#executions,
      inference_stats: {
        success: this.#success,
        fail: this.#fail,
        queue: this.#queue,
        compute_input: served,
        compute_infer: this.#compute,
        compute_output: served,
        cache_hit: none,
        cache_miss: none,
      },
      batch_stats: [...this.#batches]
        .sort(([a], [b]) => a - b)
        .map(([size, durations]) => ({
          batch_size: size,
          compute_input: { count: durations.count, ns: 0 },
          compute_infer: durations,
          compute_output: { count: durations.count, ns: 0 },
        })),
    }
  }
}

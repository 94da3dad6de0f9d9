import type { Ms, StepRun } from '../../serving/index.ts'
import { BUCKETS } from './time-series.ts'

/** Time that an engine at its capacity takes for a token, ms. */
export interface EngineTimes {
  readonly decodeMs: Ms
  readonly promptMs: Ms
  /** of a token in the KV cache of a sequence that decodes, in each step */
  readonly contextMs: Ms
}

/** What the work of a pool's engines would take at their capacity. */
export interface WorkSummary {
  /** of replicas, from the end of the warm-up to the end of the traffic */
  readonly neededMs: Ms
  /** time for which the replicas are paid then */
  readonly paidMs: Ms
  /** replicas that the work of each interval of the traffic needs */
  readonly series: readonly number[]
}

/**
 * Work of engines in time at their capacity. A step reads the weights once, whatever the number of
 * sequences, so an engine with one sequence is busy and could do many times as much. Here a token
 * counts for what it takes in the step of an engine at its capacity.
 */
export class EngineWork {
  readonly #times: readonly (EngineTimes | null)[]
  readonly #neededMs: Float64Array
  readonly #series: readonly (Float64Array | null)[]
  readonly #warmupMs: Ms
  readonly #durationMs: Ms
  readonly #bucketMs: Ms

  /** `times`: of each pool; null where they are not known, as without engines. */
  constructor(
    times: readonly (EngineTimes | null)[],
    { warmupMs, durationMs }: { readonly warmupMs: Ms; readonly durationMs: Ms },
  ) {
    this.#times = times
    this.#warmupMs = warmupMs
    this.#durationMs = durationMs
    this.#neededMs = new Float64Array(times.length)
    this.#series = times.map((stepTimes) => stepTimes && new Float64Array(BUCKETS))
    this.#bucketMs = durationMs / BUCKETS
  }

  /** `paidMs`: of each pool, during the traffic after the warm-up. */
  summaries(paidMs: readonly Ms[]): (WorkSummary | null)[] {
    return this.#series.map((series, pool) =>
      series === null
        ? null
        : {
            neededMs: this.#neededMs[pool]!,
            paidMs: paidMs[pool]!,
            series: Array.from(series, (ms) => ms / this.#bucketMs),
          },
    )
  }

  /** Time at capacity of the work of a run that has ended; 0 where that is not known. */
  stepped(now: Ms, pool: number, run: StepRun): Ms {
    const times = this.#times[pool]
    if (times == null) return 0
    const { steps, decodes, generating, promptTokens, context, started } = run
    // sequences of a static batch that are done are read, too, but for nothing
    const sequencesRead = decodes > 0 ? generating / decodes : 0
    const contexts = sequencesRead * (steps * context + (decodes * steps * (steps - 1)) / 2)
    const neededMs =
      times.decodeMs * steps * generating +
      times.promptMs * promptTokens +
      times.contextMs * contexts
    this.#spread(this.#series[pool]!, started, now, neededMs)
    const counted = Math.min(now, this.#durationMs) - Math.max(started, this.#warmupMs)
    if (counted > 0) this.#neededMs[pool]! += (neededMs * counted) / (now - started)
    return neededMs
  }

  #spread(series: Float64Array, from: Ms, to: Ms, neededMs: Ms): void {
    const first = Math.floor(from / this.#bucketMs)
    for (let i = first; i < BUCKETS && i * this.#bucketMs < to; i++) {
      const start = Math.max(from, i * this.#bucketMs)
      const end = Math.min(to, (i + 1) * this.#bucketMs)
      if (end > start) series[i]! += (neededMs * (end - start)) / (to - from)
    }
  }
}

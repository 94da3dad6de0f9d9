import type { ExecutorState, Ms, Observer } from '../../serving/index.ts'
import { LevelMeter } from './level-meter.ts'
import type { AvailabilitySummary } from './run-summary.ts'

/** Records how long executors take batches, and how often they are lost. */
export class ExecutorRecorder implements Observer {
  readonly #meter: LevelMeter
  readonly #losses: Float64Array
  readonly #poolOf: readonly number[]
  readonly #warmupMs: Ms

  constructor(of: {
    readonly poolOf: readonly number[]
    readonly warmupMs: Ms
    readonly durationMs: Ms
  }) {
    const { poolOf, warmupMs, durationMs } = of
    const levels = poolOf.map(() => 1)
    this.#meter = new LevelMeter({ levels, pools: poolOf, warmupMs, durationMs })
    this.#losses = new Float64Array(this.#meter.totals.length)
    this.#poolOf = poolOf
    this.#warmupMs = warmupMs
  }

  executor(now: Ms, executor: number, state: ExecutorState): void {
    this.#meter.set(executor, now, state === 'up' ? 1 : 0)
    if (state === 'down' && now >= this.#warmupMs) this.#losses[this.#poolOf[executor]!]!++
  }

  /** Of each pool, for a run that ends at `at`. */
  summaries(at: Ms): AvailabilitySummary[] {
    this.#meter.until(at)
    const { totals, series } = this.#meter
    return Array.from(totals, (upS, pool) => ({
      upS,
      losses: this.#losses[pool]!,
      series: [...series[pool]!].slice(0, -1),
    }))
  }
}

import type { ExecutorPhase, Ms, Observer } from '../../serving/index.ts'
import { LevelMeter } from './level-meter.ts'
import type { AvailabilitySummary, ScalingStep } from './run-summary.ts'

/** Records how long executors take batches and are paid for, how often they are lost, and why. */
export class ExecutorRecorder implements Observer {
  readonly #serving: LevelMeter
  readonly #paid: LevelMeter
  readonly #losses: Float64Array
  readonly #steps: readonly ScalingStep[][]
  readonly #poolOf: readonly number[]
  readonly #warmupMs: Ms

  constructor(of: {
    readonly poolOf: readonly number[]
    readonly warmupMs: Ms
    readonly durationMs: Ms
  }) {
    const { poolOf, warmupMs, durationMs } = of
    const options = { levels: poolOf.map(() => 1), pools: poolOf, warmupMs, durationMs }
    this.#serving = new LevelMeter(options)
    this.#paid = new LevelMeter(options)
    this.#losses = new Float64Array(this.#serving.totals.length)
    this.#steps = Array.from(this.#losses, () => [])
    this.#poolOf = poolOf
    this.#warmupMs = warmupMs
  }

  executor(now: Ms, executor: number, phase: ExecutorPhase): void {
    this.#serving.change(executor, now, phase === 'up' ? 1 : 0)
    // a replica that is lost is started again where it was
    this.#paid.change(executor, now, phase === 'stopped' ? 0 : 1)
    if (phase === 'down' && now >= this.#warmupMs) this.#losses[this.#poolOf[executor]!]!++
  }

  scaled(at: Ms, pool: number, replicas: number, reason: string): void {
    this.#steps[pool]!.push({ at, replicas, reason })
  }

  /** Of each pool, for a run that ends at `at`. */
  summaries(at: Ms): AvailabilitySummary[] {
    this.#serving.until(at)
    this.#paid.until(at)
    const during = ({ series }: LevelMeter, pool: number) => [...series[pool]!].slice(0, -1)
    return Array.from(this.#serving.totals, (upS, pool) => ({
      upS,
      paidS: this.#paid.totals[pool]!,
      losses: this.#losses[pool]!,
      series: during(this.#serving, pool),
      paid: during(this.#paid, pool),
      steps: this.#steps[pool]!,
    }))
  }
}

import type { ExecutorPhase, Ms, Observer } from '../../serving/index.ts'
import { ExecutorSpans, type Span, timeWithin } from './executor-spans.ts'
import { LevelMeter } from './level-meter.ts'
import type { AvailabilitySummary, ScalingStep } from './run-summary.ts'
import { TimeGrid } from './time-grid.ts'

/** Records how long executors take batches and are paid for, how often they are lost, and why. */
export class ExecutorRecorder implements Observer {
  /** over the intervals of the traffic */
  readonly #serving: LevelMeter
  readonly #paid: LevelMeter
  /** over the whole run: times on the grid, of which none is more than one that it is part of */
  readonly #grid: TimeGrid
  readonly #upSpans: ExecutorSpans
  readonly #paidSpans: ExecutorSpans
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
    const spans = { poolOf, always: Array.from(this.#losses, () => 0) }
    this.#grid = new TimeGrid(poolOf.length, durationMs)
    this.#upSpans = new ExecutorSpans(spans)
    this.#paidSpans = new ExecutorSpans(spans)
    this.#steps = Array.from(this.#losses, () => [])
    this.#poolOf = poolOf
    this.#warmupMs = warmupMs
  }

  executor(now: Ms, executor: number, phase: ExecutorPhase): void {
    const isUp = phase === 'up'
    // a replica that is lost is started again where it was
    const isPaid = phase !== 'stopped'
    this.#serving.change(executor, now, isUp ? 1 : 0)
    this.#paid.change(executor, now, isPaid ? 1 : 0)
    this.#upSpans.change(executor, this.#grid.at(now), isUp)
    this.#paidSpans.change(executor, this.#grid.at(now), isPaid)
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
    const counted: Span = [this.#grid.at(this.#warmupMs), this.#grid.at(at)]
    const seconds = (spans: readonly Span[]) => timeWithin(spans, counted) / 1000
    const paid = this.#paidSpans.all
    return this.#upSpans.all.map((up, pool) => ({
      upS: seconds(up),
      paidS: seconds(paid[pool]!),
      losses: this.#losses[pool]!,
      series: during(this.#serving, pool),
      paid: during(this.#paid, pool),
      steps: this.#steps[pool]!,
    }))
  }
}

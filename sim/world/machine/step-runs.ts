import type { Random } from '../../kernel/index.ts'
import type { Ms, StepRun } from '../../serving/index.ts'
import type { Scatter } from './scatter.ts'
import { FULL_PACE, type StepSpeed } from './speed.ts'
import { StepScatter } from './step-scatter.ts'

/**
 * The batch of an engine's step. Without `longest` (or with 0) contexts are alike, and without
 * `promptPast` prompts begin.
 */
export type StepBatch = Pick<StepRun, 'decodes' | 'prefills' | 'prefillTokens' | 'context'> &
  Partial<Pick<StepRun, 'longest' | 'promptPast'>>

/**
 * Durations of an engine's steps, ms at speed 1. Contexts grow by one token a step and sequence,
 * and durations grow linearly with them up to the next knee of the law.
 */
export interface StepLaw {
  /** of the first step of a batch */
  stepMs(batch: StepBatch): Ms
  /** by how much each step is longer than the one before */
  growthMs(batch: StepBatch): Ms
  /** steps until the growth changes, at least 1; absent where it never does */
  readonly straightSteps?: (batch: StepBatch) => number
  /** of single steps about their mean; absent or null where there is none */
  readonly scatter?: Scatter | null
  /**
   * draws the time of a step at speed 1 about its mean, ms, where steps run one by one on the
   * machine, as batches do; absent where runs are at the pace of the engine
   */
  readonly varied?: (meanMs: Ms, random: Random) => Ms
}

/**
 * The current runs of engines, one for each executor. The duration of a run is a sum in closed
 * form; a run ends early at a knee of its law, as the next one goes on with other growth.
 */
export class StepRuns {
  readonly #started: Float64Array
  readonly #first: Float64Array
  /** by how much each step is longer than the one before, ms */
  readonly #growth: Float64Array
  readonly #steps: Float64Array
  /** sequences of each run */
  readonly #sizes: Float64Array
  /** undefined for full speed */
  readonly #speed: StepSpeed | undefined
  readonly #scatter = new StepScatter()
  /** draws steps that scatter */
  readonly #random: Random | undefined

  constructor(executors: number, speed?: StepSpeed, random?: Random) {
    this.#speed = speed
    this.#random = random
    this.#sizes = new Float64Array(executors)
    this.#started = new Float64Array(executors)
    this.#first = new Float64Array(executors)
    this.#growth = new Float64Array(executors)
    this.#steps = new Float64Array(executors)
  }

  /** Returns when the run ends if it is not cut, ms. */
  begin(now: Ms, run: StepRun, law: StepLaw): Ms {
    const { executor } = run
    this.#started[executor] = now
    const size = run.decodes + run.prefills
    this.#sizes[executor] = size
    const pace = this.#speed?.pace(executor, now, size) ?? FULL_PACE
    const { stretch, delayMs, changesAt } = pace
    this.#first[executor] = stretch * law.stepMs(run) + run.extraMs + delayMs
    this.#growth[executor] = stretch * law.growthMs(run)
    const straight = law.straightSteps?.(run) ?? Number.POSITIVE_INFINITY
    // a run of one step is not delayed again
    this.#steps[executor] = delayMs > 0 ? 1 : Math.min(run.steps, straight)
    if (law.scatter) this.#draw(run, law.scatter, run.extraMs + delayMs)
    if (changesAt < Number.POSITIVE_INFINITY) this.cut(changesAt, executor)
    return this.#after(executor, this.#steps[executor]!)
  }

  #draw(run: StepRun, scatter: Scatter, delayMs: Ms): void {
    const { executor } = run
    if (this.#random === undefined) throw new Error('Expected a random stream for steps')
    const mean = {
      steps: this.#steps[executor]!,
      growthMs: this.#growth[executor]!,
      firstMs: this.#first[executor]! - delayMs,
      delayMs,
    }
    this.#steps[executor] = this.#scatter.draw(executor, mean, scatter, this.#random)
    run.stepEnds = this.#scatter.endsOf(executor)!
  }

  /** Cuts a run at the end of its first step after `now`; null where that is its last step. */
  cut(now: Ms, executor: number): Ms | null {
    const steps = this.#stepsUntil(now, executor)
    if (steps >= this.#steps[executor]!) return null
    this.#steps[executor] = steps
    return this.#after(executor, steps)
  }

  /** Must be called when a run has ended. */
  end(now: Ms, executor: number): void {
    this.#speed?.ran(executor, this.#started[executor]!, now, this.#sizes[executor]!)
  }

  stepsOf(executor: number): number {
    return this.#steps[executor]!
  }

  firstMs(executor: number): Ms {
    return this.#scatter.endsOf(executor)?.[0] ?? this.#first[executor]!
  }

  lastMs(executor: number): Ms {
    const ends = this.#scatter.endsOf(executor)
    const steps = this.#steps[executor]!
    if (ends !== undefined) return ends[steps - 1]! - (steps > 1 ? ends[steps - 2]! : 0)
    return this.#first[executor]! + this.#growth[executor]! * (this.#steps[executor]! - 1)
  }

  /** Time at which this number of steps has ended, ms. */
  #after(executor: number, steps: number): Ms {
    const ends = this.#scatter.endsOf(executor)
    if (ends !== undefined) return this.#started[executor]! + ends[steps - 1]!
    const grown = (this.#growth[executor]! * steps * (steps - 1)) / 2
    return this.#started[executor]! + steps * this.#first[executor]! + grown
  }

  /** The fewest steps that end after `now`: a step that ends at `now` has ended. */
  #stepsUntil(now: Ms, executor: number): number {
    const all = this.#steps[executor]!
    const elapsed = now - this.#started[executor]!
    const growth = this.#growth[executor]!
    // elapsed = growth / 2 * steps² + (first - growth / 2) * steps
    const linear = this.#first[executor]! - growth / 2
    const root =
      growth > 0
        ? (2 * elapsed) / (linear + Math.sqrt(linear * linear + 2 * growth * elapsed))
        : elapsed / linear
    let steps = Math.min(all, Math.max(1, Math.ceil(root) || 1))
    // the root is rounded, so the ends of steps decide
    while (steps > 1 && this.#after(executor, steps - 1) > now) steps--
    while (steps < all && this.#after(executor, steps) <= now) steps++
    return steps
  }
}

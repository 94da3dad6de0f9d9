import type { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { Scatter } from './scatter.ts'

/**
 * A run of steps that scatter ends after so many of them, and the next one goes on. The longer a
 * run, the fewer events; but of a run that is cut, the steps beyond the cut were drawn for nothing.
 */
const MOST_STEPS = 64

/** The mean times of a run of steps. */
export interface MeanSteps {
  readonly steps: number
  readonly firstMs: Ms
  readonly growthMs: Ms
  /** before the first step, without scatter */
  readonly delayMs: Ms
}

/**
 * The ends of single steps in the current run of each engine whose steps scatter. Every step is
 * drawn when its run begins, so a run and each cut of it are exact for any distribution; that
 * takes a draw for a step, not an event.
 */
export class StepScatter {
  /** since the start of the run, ms; no entry where steps do not scatter */
  readonly #ends: Float64Array[] = []

  /** Draws the steps of a run; returns how many it has. */
  draw(executor: number, mean: MeanSteps, scatter: Scatter, random: Random): number {
    const { firstMs, growthMs, delayMs } = mean
    const steps = Math.min(mean.steps, MOST_STEPS)
    const ends = (this.#ends[executor] ??= new Float64Array(MOST_STEPS))
    let end = delayMs
    for (let i = 0; i < steps; i++) {
      end += (firstMs + i * growthMs) * scatter(random)
      ends[i] = end
    }
    return steps
  }

  /** The ends of the steps of a run since its start, ms; undefined where they do not scatter. */
  endsOf(executor: number): Float64Array | undefined {
    return this.#ends[executor]
  }
}

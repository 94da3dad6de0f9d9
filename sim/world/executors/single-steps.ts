import type { Ms, StepRun } from '../../serving/index.ts'
import type { StepLaw } from '../machine/step-runs.ts'

/** A law whose steps run one by one on the machine. */
export type SingleStepLaw = StepLaw & Required<Pick<StepLaw, 'varied'>>

export const isSingle = (law: StepLaw): law is SingleStepLaw => law.varied !== undefined

/** A run whose steps end one by one, as they meet the machine. */
interface Run {
  run: StepRun
  law: SingleStepLaw
  /** steps that have ended */
  ended: number
  /** whether it ends with the step under way */
  yields: boolean
  /** of the steps that have ended, since the run was dispatched, ms */
  ends: Float64Array
  /** when the executor began it, since then, ms */
  beganMs: Ms
}

/** Steps for which there is room at first. */
const FIRST_ENDS = 16

/**
 * The runs of executors whose steps are measured: the end of each step is an event, as the machine
 * that it meets is that of its time. A run that yields needs no step to be taken back.
 */
export class SingleSteps {
  /** by executor */
  readonly #runs: Run[] = []

  /** The executor begins it at `began`. Returns the mean time of the first step at speed 1, ms. */
  begin(run: StepRun, law: SingleStepLaw, began: Ms): Ms {
    const ends = this.#runs[run.executor]?.ends ?? new Float64Array(FIRST_ENDS)
    const beganMs = began - run.started
    this.#runs[run.executor] = { run, law, ended: 0, yields: false, ends, beganMs }
    return law.stepMs(run)
  }

  lawOf(executor: number): SingleStepLaw {
    return this.#runs[executor]!.law
  }

  sizeOf(executor: number): number {
    const { decodes, prefills } = this.#runs[executor]!.run
    return decodes + prefills
  }

  /** The run under way ends with the step under way. */
  yieldAtStep(executor: number): void {
    this.#runs[executor]!.yields = true
  }

  /** A step has ended; returns the mean time of the next one, null where the run has ended, too. */
  stepped(now: Ms, executor: number): Ms | null {
    const own = this.#runs[executor]!
    const { run, law, yields } = own
    if (own.ended === own.ends.length) own.ends = grown(own.ends)
    own.ends[own.ended++] = now - run.started
    if (yields || own.ended >= run.steps) return null
    return law.stepMs(run) + own.ended * law.growthMs(run)
  }

  /**
   * What `onSteps` reports of a run whose end is seen now. Its ends are those of the run from now
   * on; answers of the last step come now, as in live runs.
   */
  report(
    now: Ms,
    executor: number,
  ): { readonly steps: number; readonly firstMs: Ms; readonly lastMs: Ms } {
    const { run, ended: steps, ends, beganMs } = this.#runs[executor]!
    run.ran = { beganMs, endedMs: ends[steps - 1]! }
    ends[steps - 1] = now - run.started
    run.stepEnds = ends
    const before = steps > 1 ? ends[steps - 2]! : 0
    return { steps, firstMs: ends[0]!, lastMs: ends[steps - 1]! - before }
  }
}

function grown(ends: Float64Array): Float64Array {
  const more = new Float64Array(2 * ends.length)
  more.set(ends)
  return more
}

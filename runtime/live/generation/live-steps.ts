import type { AnswerColumns, BlockColumns } from '../../../sim/audit/index.ts'
import type { Ms, StepRun } from '../../../sim/serving/index.ts'
import { KeptAnswers } from './kept-answers.ts'
import type { PendingOperations } from './pending-operations.ts'
import type { BlockCounts, StepOrder, SteppedRun } from './sequence-runner.ts'

/** Executors that run steps. */
export interface StepPort {
  startSteps(executor: number, order: StepOrder): void
  /** The run under way ends with the step under way. */
  yieldAtStep(executor: number): void
  /** What became of a run that has ended, and the blocks of the cache then. */
  stepped(executor: number): { readonly run: SteppedRun; readonly counts: BlockCounts }
}

/** What `onSteps` reports of a run. */
export interface StepTimes {
  readonly steps: number
  readonly firstMs: Ms
  readonly lastMs: Ms
}

/** The runs of executors that generate: what each gets to do, and what became of it. */
export class LiveSteps {
  readonly #port: StepPort
  readonly #pending: PendingOperations
  readonly #keyOf: (request: number) => number
  /** by executor */
  readonly #runs: StepRun[] = []
  readonly #blocks: Record<keyof BlockColumns, number[]> = {
    ...{ executors: [], used: [], kept: [], free: [] },
  }
  readonly #answers = new KeptAnswers()
  readonly #forgets: boolean

  /** `forgets`: drops answers and blocks, as a run without an end must; default: no */
  constructor(
    port: StepPort,
    pending: PendingOperations,
    { keyOf, forgets = false }: { keyOf: (request: number) => number; forgets?: boolean },
  ) {
    this.#port = port
    this.#pending = pending
    this.#keyOf = keyOf
    this.#forgets = forgets
  }

  /** A run begins, `factor` times as slow as it would be. */
  start(run: StepRun, factor: number): void {
    const { executor, steps, decodes } = run
    this.#runs[executor] = run
    run.stepEnds = null
    run.ran = null
    const told = this.#pending.take(executor)
    this.#port.startSteps(executor, { ...told, factor, steps, decodes: decodes > 0 })
  }

  yieldAtStep(executor: number): void {
    this.#port.yieldAtStep(executor)
  }

  /**
   * The end of a run is known; sequences that leave now have had their answers. Those of its last
   * step come now, as first answers and the ends of requests do: their times add up. `began`: when
   * the executor began it.
   */
  ended(executor: number, now: Ms, began: Ms): StepTimes {
    const { run: stepped, counts } = this.#port.stepped(executor)
    const { steps, ends, answers } = stepped
    const run = this.#runs[executor]!
    const { started } = run
    const stepEnds = Float64Array.from([...ends.slice(0, -1), now], (end) => end - started)
    run.stepEnds = stepEnds
    run.ran = { beganMs: began - started, endedMs: ends.at(-1)! - started }
    this.#pending.came(answers)
    if (!this.#forgets) {
      for (const answer of answers) this.#answers.add(this.#keyOf(answer.sequence), answer)
      this.#count(executor, counts)
    }
    const lastMs = stepEnds.at(-1)! - (stepEnds.at(-2) ?? 0)
    return { steps, firstMs: stepEnds[0]!, lastMs }
  }

  /** It was refused, or its executor was lost with it. */
  forget(executor: number): void {
    this.#pending.forget(executor)
  }

  get answers(): AnswerColumns {
    return this.#answers.columns
  }

  /** As executors counted them after each run, in the order in which runs ended. */
  get blocks(): BlockColumns {
    return this.#blocks
  }

  #count(executor: number, { used, kept, free }: BlockCounts): void {
    this.#blocks.executors.push(executor)
    this.#blocks.used.push(used)
    this.#blocks.kept.push(kept)
    this.#blocks.free.push(free)
  }
}

import type { AnswerColumns, BlockColumns } from '../../../sim/audit/index.ts'
import type { Ms, StepRun } from '../../../sim/serving/index.ts'
import type { PendingOperations } from './pending-operations.ts'
import type { Answer, BlockCounts, StepOrder, SteppedRun } from './sequence-runner.ts'

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
  readonly #answers: { key: number; token: number; margin: number }[] = []

  constructor(port: StepPort, pending: PendingOperations, keyOf: (request: number) => number) {
    this.#port = port
    this.#pending = pending
    this.#keyOf = keyOf
  }

  /** A run begins, `factor` times as slow as it would be. */
  start(run: StepRun, factor: number): void {
    const { executor, steps, decodes } = run
    this.#runs[executor] = run
    run.stepEnds = null
    const told = this.#pending.take(executor)
    this.#port.startSteps(executor, { ...told, factor, steps, decodes: decodes > 0 })
  }

  yieldAtStep(executor: number): void {
    this.#port.yieldAtStep(executor)
  }

  /** It has ended at the ends of its steps; sequences that leave now have had their answers. */
  ended(executor: number): StepTimes {
    const { run: stepped, counts } = this.#port.stepped(executor)
    const { steps, ends, answers } = stepped
    const run = this.#runs[executor]!
    const { started } = run
    run.stepEnds = Float64Array.from(ends, (end) => end - started)
    this.#keep(answers)
    this.#pending.came(answers)
    this.#count(executor, counts)
    const [last, before] = [ends.at(-1)!, ends.at(-2) ?? started]
    return { steps, firstMs: ends[0]! - started, lastMs: last - before }
  }

  /** It was refused, or its executor was lost with it. */
  forget(executor: number): void {
    this.#pending.forget(executor)
  }

  get answers(): AnswerColumns {
    return {
      keys: Uint32Array.from(this.#answers, ({ key }) => key),
      tokens: Int32Array.from(this.#answers, ({ token }) => token),
      margins: Float32Array.from(this.#answers, ({ margin }) => margin),
    }
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

  #keep(answers: readonly Answer[]): void {
    for (const { sequence, token, margin } of answers) {
      this.#answers.push({ key: this.#keyOf(sequence), token, margin })
    }
  }
}

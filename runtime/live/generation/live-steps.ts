import type { KvUse, Ms, Observer, StepRun } from '../../../sim/serving/index.ts'
import { type AnswerColumns, KeptAnswers } from './kept-answers.ts'
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

/** A run after which an executor had other blocks than the control plane believes. */
export interface BlockDifference {
  readonly executor: number
  readonly at: Ms
  readonly believed: BlockCounts
  readonly found: BlockCounts
}

/** As many show what is wrong. */
const MOST_DIFFERENCES = 100

/** The runs of executors that generate: what each gets to do, and what became of it. */
export class LiveSteps implements Observer {
  readonly differences: BlockDifference[] = []
  /** runs whose blocks were compared */
  compared = 0
  readonly #port: StepPort
  readonly #pending: PendingOperations
  readonly #keyOf: (request: number) => number
  /** by executor */
  readonly #runs: StepRun[] = []
  /** of runs that have ended, until the control plane has shown its blocks */
  readonly #found = new Map<number, BlockCounts>()
  readonly #answers = new KeptAnswers()

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

  /**
   * The end of a run is known; sequences that leave now have had their answers. Those of its last
   * step come now, as first answers and the ends of requests do: their times add up.
   */
  ended(executor: number, now: Ms): StepTimes {
    const { run: stepped, counts } = this.#port.stepped(executor)
    const { steps, ends, answers } = stepped
    const run = this.#runs[executor]!
    const { started } = run
    const stepEnds = Float64Array.from([...ends.slice(0, -1), now], (end) => end - started)
    run.stepEnds = stepEnds
    for (const answer of answers) this.#answers.add(this.#keyOf(answer.sequence), answer)
    this.#pending.came(answers)
    this.#found.set(executor, counts)
    const lastMs = stepEnds.at(-1)! - (stepEnds.at(-2) ?? 0)
    return { steps, firstMs: stepEnds[0]!, lastMs }
  }

  /** It was refused, or its executor was lost with it. */
  forget(executor: number): void {
    this.#pending.forget(executor)
  }

  kv(at: Ms, { executor, used, kept, free }: KvUse): void {
    const found = this.#found.get(executor)
    if (found === undefined) return
    this.#found.delete(executor)
    this.compared++
    if (found.used === used && found.kept === kept && found.free === free) return
    if (this.differences.length >= MOST_DIFFERENCES) return
    this.differences.push({ executor, at, believed: { used, kept, free }, found })
  }

  get answers(): AnswerColumns {
    return this.#answers.columns
  }
}

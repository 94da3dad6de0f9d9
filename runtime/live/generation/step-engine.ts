import type { Ms, Status } from '../../../sim/serving/index.ts'
import type { EngineOptions } from '../engine.ts'
import type { GenerationOptions } from './generation-options.ts'
import type { BlockCounts, StepOrder, SteppedRun } from './sequence-runner.ts'

export type StepEngineOptions = EngineOptions & { readonly generation: GenerationOptions }

/** A run of steps with the blocks of the cache when it has ended. */
export interface StepEngineRun extends SteppedRun {
  readonly status: Status
  readonly started: Ms
  readonly ended: Ms
  readonly counts: BlockCounts
}

/** Says that a run ends with the step under way. */
export interface YieldWord {
  readonly yields: boolean
  /** Resolves once it may have been said, or the run has ended. */
  whenYields(): Promise<void>
}

/** A decoder that runs steps of real tensors. */
export interface StepEngine {
  readonly fellBack: boolean
  /** Throws `Failure` if the model cannot run a step, or the KV cache cannot follow the order. */
  run(order: StepOrder, word: YieldWord): Promise<StepEngineRun>
  close(): Promise<void>
}

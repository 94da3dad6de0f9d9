import { Child, ChildEnded, entryBeside } from '../process/child.ts'
import type { EngineOptions, EngineRun } from './engine.ts'
import type { StepOrder } from './generation/sequence-runner.ts'
import type { StepEngineRun } from './generation/step-engine.ts'

/** Parent to process. */
export type EngineRequest =
  | { readonly kind: 'open'; readonly options: EngineOptions; readonly epochNs: bigint }
  | {
      readonly kind: 'run'
      readonly size: number
      readonly length: number
      readonly lengths: Int32Array
      readonly keys: Uint32Array
    }
  | { readonly kind: 'load' | 'unload' }
  | { readonly kind: 'steps'; readonly order: StepOrder }

/** Process to parent. */
export type EngineReply = OpenedEngine | EngineRun | StepEngineRun

/** A note to the process: the run of steps under way ends with the step under way. */
export const YIELD = 'yield'

interface OpenedEngine {
  readonly fellBack: boolean
}

/** Starts a process that opens the model, again if it ends meanwhile, up to `attempts` times. */
export async function openEngineProcess(
  request: EngineRequest,
  signal: AbortSignal | undefined,
  attempts: number,
): Promise<OpenedEngine & { readonly child: Child }> {
  const entry = entryBeside(import.meta.url, 'engine-process')
  for (let left = attempts - 1; ; left--) {
    // in the process group of its parent, so that it ends with the group
    const child = new Child(entry, { name: 'an executor', leads: false })
    try {
      const { fellBack } = await child.ask<OpenedEngine>(request, { signal })
      return { child, fellBack }
    } catch (error) {
      child.end()
      if (!(error instanceof ChildEnded) || left === 0) throw error
    }
  }
}

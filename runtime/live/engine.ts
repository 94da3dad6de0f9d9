import type { Ms, Status } from '../../sim/serving/index.ts'
import type { ModelFile, SessionOptions } from '../models/index.ts'

/** What it takes to open a model and to run its shapes once before the first request. */
export interface EngineOptions {
  readonly file: ModelFile
  readonly session: SessionOptions
  /** [batch, length] pairs to run before anything is measured */
  readonly warmUp: readonly (readonly [number, number])[]
}

/**
 * How a batch, a load or an unload went, on the clock of the engine's epoch. Where it died its
 * process has ended, and another has come in its place.
 */
export interface EngineRun {
  readonly status: Status
  readonly started: Ms
  readonly ended: Ms
}

/** A model that runs batches of real tensors. */
export interface Engine {
  readonly fellBack: boolean
  /** Throws `Failure` where the model cannot run the batch. */
  run(size: number, length: number, lengths: Int32Array, keys: Uint32Array): Promise<EngineRun>
  /** Opens the model again and runs its smallest shape once. */
  load(): Promise<EngineRun>
  /** Gives back all that the model takes; it runs no batch until it is loaded. */
  unload(): Promise<EngineRun>
  close(): Promise<void>
}

import type { Ms, Status } from '../../sim/serving/index.ts'
import type { ModelFile, SessionOptions } from '../models/index.ts'
import type { OutputMemory } from '../serve/output-slab.ts'
import type { ServedInputs } from '../serve/served-inputs.ts'
import type { TokenMemory } from '../serve/token-slab.ts'
import type { PoolTarget, Salvo } from '../targets/pool-target.ts'
import type { TargetProblemKind } from '../targets/target-problem.ts'
import type { GenerationOptions } from './generation/generation-options.ts'

/** What is needed to open a model and to run its shapes once before the first request. */
export interface EngineOptions {
  readonly file: ModelFile
  readonly session: SessionOptions
  /** [batch, length] pairs to run before the first measurement */
  readonly warmUp: readonly (readonly [number, number])[]
  /** whether it has a process that is killed on purpose; default: no */
  readonly mortal?: boolean
  /** of a decoder that runs steps; absent where batches are run */
  readonly generation?: GenerationOptions
  /** whether batches have their processor time, where it can be measured; default: no */
  readonly processorTime?: boolean
  /** a server that runs the batches; absent where this machine does */
  readonly target?: PoolTarget
  /** batches are those that the server forms of single requests; absent where a call is a batch */
  readonly salvo?: Salvo
  /** the first call that fails, or takes longer, ends its process: a server may not be harmed */
  readonly longestMs?: Ms
  /** takes inputs of clients and keeps the outputs; absent where inputs are drawn */
  readonly served?: ServedInputs
  /** tokens of clients, for a model that generates */
  readonly tokens?: TokenMemory
}

/** What is needed to send requests to a server that generates. */
export interface CompletionOptions {
  readonly target: PoolTarget
  /** token ids of prompts are below it */
  readonly vocabulary: number
  /** of each class, tokens with which all its prompts begin */
  readonly sharedTokens: readonly number[]
  readonly generation?: undefined
}

/** What the executors of a pool open. */
export type FleetEngine = EngineOptions | CompletionOptions

/** Whether the executors are connections to a server that generates. */
export const isCompletion = (engine: FleetEngine): engine is CompletionOptions =>
  'vocabulary' in engine

export const hasModel = (engine: FleetEngine): engine is EngineOptions => !isCompletion(engine)

/** Times in ms since the engine's epoch. `died`: a new process has replaced the ended one. */
export interface EngineRun {
  readonly status: Status
  readonly started: Ms
  readonly ended: Ms
  /** of the thread that computed the batch; absent where it is not measured */
  readonly processorMs?: Ms
  /** of a batch that a server did not answer as it should */
  readonly problem?: TargetProblemKind
}

/** A loaded model that runs batches of real tensors. */
export interface Engine {
  readonly fellBack: boolean
  /** of requests of clients; absent where inputs are drawn */
  readonly outputs?: OutputMemory
  /** Throws `Failure` if the model cannot run the batch. */
  run(size: number, length: number, lengths: Int32Array, keys: Uint32Array): Promise<EngineRun>
  /** Opens the model again and runs its smallest shape once. */
  load(): Promise<EngineRun>
  /** Releases all memory of the model; the engine runs no batch until the model is loaded again. */
  unload(): Promise<EngineRun>
  close(): Promise<void>
}

/** Has a process that may be killed. */
export interface Mortal {
  readonly pid: number
  /** Starts a new process, and opens the model in it. */
  restart(): Promise<EngineRun>
}

export type MortalEngine = Engine & Mortal

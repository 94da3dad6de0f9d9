import type { InferenceSession } from 'onnxruntime-node'
import { Failure } from '../../scenarios/index.ts'
import { type Ms, STATUS, type Status } from '../../sim/serving/index.ts'
import {
  detailOf,
  executionProviders,
  Feeds,
  isOutOfMemory,
  type ModelFile,
  openSession,
  type SessionOptions,
} from '../models/index.ts'
import { WallClock } from './clock.ts'
import { openProcessEngine } from './process-engine.ts'

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

/**
 * Opens a model: in this thread, or in a process of its own, as its execution provider needs.
 * Throws `Failure` where the model cannot be opened.
 */
export function openEngine(options: EngineOptions, epochNs: bigint): Promise<Engine> {
  const { apart } = executionProviders[options.session.executionProvider]
  return apart ? openProcessEngine(options, epochNs) : openLocalEngine(options, epochNs)
}

export async function openLocalEngine(options: EngineOptions, epochNs: bigint): Promise<Engine> {
  const { file, session: how, warmUp } = options
  const { session: first, fellBack } = await openSession(file, how)
  let session: InferenceSession | null = first
  const feeds = new Feeds(file.inputs, { seed: 1 })
  const clock = new WallClock(epochNs)
  const run: Engine['run'] = async (size, length, lengths, keys) => {
    const started = clock.now()
    let status: Status = STATUS.ok
    try {
      const inputs = feeds.build(size, length, lengths, keys)
      if (session === null) throw new Error(`Expected ${file.path} to be loaded`)
      await session.run(inputs).catch((error: unknown) => {
        throw isOutOfMemory(error) ? error : cannotRun(options, size, length, error)
      })
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      status = STATUS.outOfMemory
    }
    return { status, started, ended: clock.now() }
  }
  const alone = ([size, length]: readonly [number, number]) =>
    run(size, length, new Int32Array(size).fill(length), new Uint32Array(size))
  const release = async () => {
    await session?.release()
    session = null
  }
  const load = async () => {
    const started = clock.now()
    let status: Status = STATUS.ok
    try {
      session = (await openSession(file, how)).session
      // the first run of a session makes its arena
      for (const shape of warmUp.slice(0, 1)) status = (await alone(shape)).status
    } catch (error) {
      if (!isOutOfMemory((error as Error).cause)) throw error
      status = STATUS.outOfMemory
    }
    if (status !== STATUS.ok) await release()
    return { status, started, ended: clock.now() }
  }
  const unload = async () => {
    const started = clock.now()
    await release()
    return { status: STATUS.ok, started, ended: clock.now() }
  }
  for (const shape of warmUp) await alone(shape)
  return { fellBack, run, load, unload, close: release }
}

function cannotRun(
  { file, session }: EngineOptions,
  size: number,
  length: number,
  error: unknown,
): Failure {
  const batch = `a batch of ${size} with length ${length} on ${session.executionProvider}`
  return new Failure(`${file.path}: ONNX Runtime cannot run ${batch} (${detailOf(error)})`)
}

import { Failure } from '../scenarios/index.ts'
import type { Ms } from '../sim/serving/index.ts'
import { WallClock } from './clock.ts'
import { Feeds, type ModelFile, openSession, type SessionOptions } from './models/index.ts'
import { openProcessEngine } from './process-engine.ts'

/** What it takes to open a model and to run its shapes once before the first request. */
export interface EngineOptions {
  readonly file: ModelFile
  readonly session: SessionOptions
  /** [batch, length] pairs to run before anything is measured */
  readonly warmUp: readonly (readonly [number, number])[]
}

/** How a batch went, on the clock of the engine's epoch; not ok where memory ran out. */
export interface EngineRun {
  readonly ok: boolean
  readonly started: Ms
  readonly ended: Ms
}

/** A model that runs batches of real tensors. */
export interface Engine {
  readonly fellBack: boolean
  run(size: number, length: number, lengths: Int32Array, keys: Uint32Array): Promise<EngineRun>
  close(): Promise<void>
}

/** Problems that are the user's to mend, as plain data. */
export interface Refusal {
  readonly problems: readonly string[]
}

/**
 * Opens a model: on cpu in this thread; on an accelerator in a process of its own, since two WebGPU
 * sessions in one process crash (microsoft/onnxruntime #32561).
 */
export function openEngine(options: EngineOptions, epochNs: bigint): Promise<Engine | Refusal> {
  const local = options.session.executionProvider === 'cpu'
  return local ? openLocalEngine(options, epochNs) : openProcessEngine(options, epochNs)
}

export async function openLocalEngine(
  options: EngineOptions,
  epochNs: bigint,
): Promise<Engine | Refusal> {
  try {
    const { session, fellBack } = await openSession(options.file, options.session)
    const feeds = new Feeds(options.file.inputs, { seed: 1 })
    const clock = new WallClock(epochNs)
    const run: Engine['run'] = async (size, length, lengths, keys) => {
      const started = clock.now()
      let ok = true
      try {
        await session.run(feeds.build(size, length, lengths, keys))
      } catch (error) {
        if (!/alloc|memory/i.test(String(error))) throw error
        ok = false
      }
      return { ok, started, ended: clock.now() }
    }
    for (const [size, length] of options.warmUp) {
      await run(size, length, new Int32Array(size).fill(length), new Uint32Array(size))
    }
    return { fellBack, run, close: () => session.release() }
  } catch (error) {
    if (error instanceof Failure) return { problems: error.problems }
    throw error
  }
}

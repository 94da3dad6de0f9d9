import { Failure } from '../scenarios/failure.ts'
import { Feeds } from './models/feeds.ts'
import type { ModelFile } from './models/model-file.ts'
import { openSession, type SessionOptions } from './models/session.ts'

/** What it takes to open a model and to run its shapes once before the first request. */
export interface EngineOptions {
  readonly file: ModelFile
  readonly session: SessionOptions
  /** [batch, length] pairs to run before anything is measured */
  readonly warmUp: readonly (readonly [number, number])[]
}

/** A model that runs batches. */
export interface Engine {
  readonly fellBack: boolean
  /** Runs one batch of real tensors to its end; false where memory ran out. */
  run(size: number, length: number, lengths: Int32Array, keys: Uint32Array): Promise<boolean>
  close(): Promise<void>
}

/** Opens a model on an execution provider in this thread; problems are the user's to mend. */
export async function openEngine(
  options: EngineOptions,
): Promise<Engine | { readonly problems: readonly string[] }> {
  try {
    const { session, fellBack } = await openSession(options.file, options.session)
    const feeds = new Feeds(options.file.inputs, { seed: 1 })
    const run = async (size: number, length: number, lengths: Int32Array, keys: Uint32Array) => {
      try {
        await session.run(feeds.build(size, length, lengths, keys))
        return true
      } catch (error) {
        if (/alloc|memory/i.test(String(error))) return false
        throw error
      }
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

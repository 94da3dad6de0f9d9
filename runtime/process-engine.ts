import { STATUS } from '../sim/serving/index.ts'
import { Child, ChildEnded, entryBeside } from './child.ts'
import { WallClock } from './clock.ts'
import type { Engine, EngineOptions, EngineRun } from './engine.ts'

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

/** Process to parent. */
export type EngineReply = OpenedEngine | EngineRun

interface OpenedEngine {
  readonly fellBack: boolean
}

/** A process that ends while it opens the model is started again so often. */
const OPENINGS = 5

/**
 * An engine in a process of its own. Where that ends in the middle of a batch, the batch has died,
 * and its run is over once the model is open again, in another process.
 */
export async function openProcessEngine(options: EngineOptions, epochNs: bigint): Promise<Engine> {
  const clock = new WallClock(epochNs)
  const request: EngineRequest = { kind: 'open', options, epochNs }
  let { child, fellBack } = await open(request)
  const order = (request: EngineRequest) => child.ask<EngineRun>(request)
  return {
    fellBack,
    async run(size, length, lengths, keys) {
      const started = clock.now()
      const members = { lengths: lengths.slice(0, size), keys: keys.slice(0, size) }
      try {
        return await order({ kind: 'run', size, length, ...members })
      } catch (error) {
        if (!(error instanceof ChildEnded)) throw error
        const ended = clock.now()
        child = (await openAgain(request)).child
        return { status: STATUS.died, started, ended }
      }
    },
    load: () => order({ kind: 'load' }),
    unload: () => order({ kind: 'unload' }),
    async close() {
      child.end()
      await child.ended()
    },
  }
}

async function open(request: EngineRequest): Promise<OpenedEngine & { readonly child: Child }> {
  // in the group of the process that starts it, and so gone when that is
  const entry = entryBeside(import.meta.url, 'engine-process')
  const child = Child.start(entry, { name: 'an executor', leads: false })
  try {
    const { fellBack } = await child.ask<OpenedEngine>(request)
    return { child, fellBack }
  } catch (error) {
    child.end()
    throw error
  }
}

async function openAgain(request: EngineRequest): ReturnType<typeof open> {
  for (let left = OPENINGS - 1; ; left--) {
    try {
      return await open(request)
    } catch (error) {
      if (!(error instanceof ChildEnded) || left === 0) throw error
    }
  }
}

import { STATUS } from '../../sim/serving/index.ts'
import { executionProviders } from '../models/index.ts'
import { ChildEnded } from '../process/child.ts'
import { WallClock } from './clock.ts'
import type { Engine, EngineOptions, EngineRun, MortalEngine } from './engine.ts'
import { type EngineRequest, openEngineProcess } from './engine-child.ts'
import { openLocalEngine } from './local-engine.ts'

/** Opens a model in this thread, or in a process, as its execution provider needs. */
export function openEngine(options: EngineOptions, epochNs: bigint): Promise<Engine> {
  if (options.mortal === true) return openMortalEngine(options, epochNs)
  const { apart } = executionProviders[options.session.executionProvider]
  return apart ? openProcessEngine(options, epochNs) : openLocalEngine(options, epochNs)
}

/** Attempts to start a process that ends while it opens the model. */
const OPENINGS = 5
/** More consecutive batches than this that end the process are the fault of the model. */
const MOST_DEATHS = 5

/**
 * An engine in a separate process. If the process ends, its current work has died: a batch is lost;
 * a load or an unload is completed in a new process before it is reported.
 */
export async function openProcessEngine(
  options: EngineOptions,
  epochNs: bigint,
  signal?: AbortSignal,
): Promise<Engine> {
  const clock = new WallClock(epochNs)
  const request: EngineRequest = { kind: 'open', options, epochNs }
  let { child, fellBack } = await openEngineProcess(request, signal, 1)
  let deaths = 0
  const order = (request: EngineRequest) => child.ask<EngineRun>(request, { signal })
  /** If the process ends during `act`, opens the model in a new one and runs `again`. */
  const surviving = async (
    act: () => Promise<EngineRun>,
    again: () => Promise<unknown> = async () => {},
  ): Promise<EngineRun> => {
    const started = clock.now()
    try {
      const run = await act()
      deaths = 0
      return run
    } catch (error) {
      if (!(error instanceof ChildEnded) || ++deaths > MOST_DEATHS) throw error
      const ended = clock.now()
      child = (await openEngineProcess(request, signal, OPENINGS)).child
      await again()
      return { status: STATUS.died, started, ended }
    }
  }
  return {
    fellBack,
    run(size, length, lengths, keys) {
      const members = { lengths: lengths.slice(0, size), keys: keys.slice(0, size) }
      return surviving(() => order({ kind: 'run', size, length, ...members }))
    },
    load: () => surviving(() => order({ kind: 'load' })),
    unload: () => {
      const unload = () => order({ kind: 'unload' })
      return surviving(unload, unload)
    },
    async close() {
      child.end()
      await child.ended()
    },
  }
}

/**
 * An engine in a process that is killed on purpose. A batch that its process takes with it has died
 * at once; the engine runs no other until `restart` has started a new process.
 */
async function openMortalEngine(options: EngineOptions, epochNs: bigint): Promise<MortalEngine> {
  const clock = new WallClock(epochNs)
  const request = { kind: 'open', options, epochNs } as const
  let { child, fellBack } = await openEngineProcess(request, undefined, 1)
  const unavailable = () => {
    throw new Error('Expected no model to be swapped on an executor that is killed')
  }
  return {
    fellBack,
    get pid() {
      return child.pid
    },
    async run(size, length, lengths, keys) {
      const started = clock.now()
      const members = { lengths: lengths.slice(0, size), keys: keys.slice(0, size) }
      try {
        return await child.ask<EngineRun>({ kind: 'run', size, length, ...members })
      } catch (error) {
        if (!(error instanceof ChildEnded)) throw error
        return { status: STATUS.died, started, ended: clock.now() }
      }
    },
    async restart() {
      const started = clock.now()
      child.end()
      await child.ended()
      child = (await openEngineProcess(request, undefined, 5)).child
      return { status: STATUS.ok, started, ended: clock.now() }
    },
    load: unavailable,
    unload: unavailable,
    async close() {
      child.end()
      await child.ended()
    },
  }
}

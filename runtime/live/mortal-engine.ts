import { STATUS } from '../../sim/serving/index.ts'
import { ChildEnded } from '../process/child.ts'
import { WallClock } from './clock.ts'
import type { EngineOptions, EngineRun, MortalEngine } from './engine.ts'
import { openEngineProcess } from './engine-child.ts'

/**
 * An engine in a process that is killed on purpose. A batch that its process takes with it has died
 * at once; the engine runs no other until `restart` has started a new process.
 */
export async function openMortalEngine(
  options: EngineOptions,
  epochNs: bigint,
): Promise<MortalEngine> {
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

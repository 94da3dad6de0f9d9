import { STATUS } from '../../../sim/serving/index.ts'
import { executionProviders } from '../../models/index.ts'
import { ChildEnded } from '../../process/child.ts'
import { WallClock } from '../clock.ts'
import type { Mortal } from '../engine.ts'
import { type EngineRequest, openEngineProcess, YIELD } from '../engine-child.ts'
import { openLocalSteps } from './local-steps.ts'
import type { StepEngine, StepEngineOptions, StepEngineRun } from './step-engine.ts'

/** Opens a decoder in this thread or in a separate process, as its execution provider needs. */
export function openStepEngine(options: StepEngineOptions, epochNs: bigint): Promise<StepEngine> {
  const { apart } = executionProviders[options.session.executionProvider]
  const isApart = apart || options.mortal === true
  return isApart ? openStepProcess(options, epochNs) : openLocalSteps(options, epochNs)
}

/**
 * Opens a decoder in a process, which may be killed: the run that it takes with it has died, and
 * `restart` starts a new one with an empty cache.
 */
async function openStepProcess(
  options: StepEngineOptions,
  epochNs: bigint,
): Promise<StepEngine & Mortal> {
  const clock = new WallClock(epochNs)
  const request: EngineRequest = { kind: 'open', options, epochNs }
  let { child, fellBack } = await openEngineProcess(request, undefined, 1)
  const open = async () => {
    child = (await openEngineProcess(request, undefined, OPENINGS)).child
  }
  let deaths = 0
  const reopen = async (error: ChildEnded) => {
    if (++deaths > MOST_DEATHS) throw error
    await open()
  }
  return {
    fellBack,
    get pid() {
      return child.pid
    },
    async run(order, word) {
      const started = clock.now()
      void word.whenYields().then(() => word.yields && child.note(YIELD))
      try {
        const run = await child.ask<StepEngineRun>({ kind: 'steps', order })
        deaths = 0
        return run
      } catch (error) {
        if (!(error instanceof ChildEnded)) throw error
        const ended = clock.now()
        if (options.mortal !== true) await reopen(error)
        return { ...DIED, started, ended }
      }
    },
    async restart() {
      const started = clock.now()
      child.end()
      await child.ended()
      await open()
      return { status: STATUS.ok, started, ended: clock.now() }
    },
    async close() {
      child.end()
      await child.ended()
    },
  }
}

/** Attempts to start a process that ends while it opens the model. */
const OPENINGS = 5
/** More consecutive runs than this that end the process are the fault of the model. */
const MOST_DEATHS = 5

const DIED = {
  ...{ status: STATUS.died, steps: 0, ends: [], answers: [] },
  counts: { used: 0, kept: 0, free: 0 },
} as const

import { Failure } from '../../scenarios/index.ts'
import { type Ms, STATUS } from '../../sim/serving/index.ts'
import { WallClock } from '../live/clock.ts'
import type { Engine, EngineOptions, EngineRun } from '../live/engine.ts'
import { RemoteModel } from './remote-model.ts'
import { TargetProblem } from './target-problem.ts'

/**
 * A model that a server runs, a batch a call, and as many calls at once as there are connections.
 * A batch that it has not answered as it should has died. Throws `Failure` where the server does
 * not have the model.
 */
export async function openRemoteEngine(
  options: EngineOptions,
  epochNs: bigint,
  connections: number,
): Promise<Engine> {
  const { warmUp, target } = options
  const model = await RemoteModel.open(options, connections)
  const clock = new WallClock(epochNs)
  const run: Engine['run'] = async (size, length, lengths, keys) => {
    const batch = model.encode(size, length, lengths, keys)
    await model.pass(1)
    return timed(clock, async (started) => {
      await model.send(batch, size)
      return started
    })
  }
  for (const [size, length] of warmUp) {
    const lengths = new Int32Array(size).fill(length)
    const batch = model.encode(size, length, lengths, new Uint32Array(size))
    await model.pass(1)
    await model.send(batch, size).catch((error) => {
      throw error instanceof TargetProblem
        ? new Failure(`${target?.url}: a batch of ${size} with length ${length}: ${error.message}`)
        : error
    })
  }
  return remoteEngine(model, run)
}

/** An engine whose model stays on its server. */
export function remoteEngine(model: RemoteModel, run: Engine['run']): Engine {
  const swapped = () => {
    throw new Error('Expected no model to be swapped on a server')
  }
  return { fellBack: false, run, load: swapped, unload: swapped, close: () => model.close() }
}

/** `send` gets the time now, and returns when what is timed has started. */
export async function timed(clock: WallClock, send: (now: Ms) => Promise<Ms>): Promise<EngineRun> {
  const now = clock.now()
  try {
    const started = await send(now)
    return { status: STATUS.ok, started, ended: clock.now() }
  } catch (error) {
    if (!(error instanceof TargetProblem)) throw error
    return { status: STATUS.died, started: now, ended: clock.now(), problem: error.kind }
  }
}

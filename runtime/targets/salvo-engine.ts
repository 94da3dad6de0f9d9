import { setImmediate as turn } from 'node:timers/promises'
import type { Ms } from '../../sim/serving/index.ts'
import { WallClock } from '../live/clock.ts'
import type { Engine, EngineOptions } from '../live/engine.ts'
import type { Salvo } from './pool-target.ts'
import { remoteEngine, timed } from './remote-engine.ts'
import { RemoteModel } from './remote-model.ts'

/** Of the time of a single request: when it is surely served, and not yet answered. */
const UNDER_WAY = 0.5

/**
 * A server that queues and forms batches itself, whose batches are timed from outside: by single
 * requests that are sent so that the server has to form them. Their time has all that the server
 * does for each request, which batches in one call have once.
 *
 * Without a batch window a batch is what waits when a replica becomes free. So a single request for
 * each replica goes first, and those of the batch follow while these are served. The batch takes
 * from the first of their answers to its own last one. With a window all requests of a batch are
 * sent at once, and it takes from when it is full, or its window closes, to the last answer.
 */
export async function openSalvoEngine(
  options: Pick<EngineOptions, 'file' | 'target' | 'longestMs'>,
  salvo: Salvo,
  epochNs: bigint,
): Promise<Engine> {
  const { replicas, maxBatch, windowMs } = salvo
  const model = await RemoteModel.open(options, replicas + maxBatch)
  const clock = new WallClock(epochNs)
  /** of the fastest single request of each length */
  const singleMs = new Map<number, Ms>()

  const run: Engine['run'] = async (size, _, lengths, keys) => {
    const singles = Array.from({ length: size }, (_, i) => {
      return model.encode(1, lengths[i]!, lengths.subarray(i, i + 1), keys.subarray(i, i + 1))
    })
    await model.pass(size === 1 || windowMs > 0 ? size : replicas + size)
    const sendAll = () => Promise.all(singles.map((single) => model.send(single, 1)))
    return timed(clock, async (now) => {
      if (size === 1 || windowMs > 0) {
        await sendAll()
        if (size === 1) note(lengths[0]!, clock.now() - now)
        const waited = size === 1 && windowMs === 0 ? 0 : size < maxBatch ? windowMs : 0
        // a server that does not wait so long has no such window
        return Math.min(now + waited, clock.now())
      }
      let freed = Number.POSITIVE_INFINITY
      const ahead = Array.from({ length: replicas }, async () => {
        await model.send(singles[0]!, 1)
        freed = Math.min(freed, clock.now())
      })
      const served = Promise.all(ahead)
      // it may fail before it is awaited
      served.catch(() => {})
      const until = now + UNDER_WAY * (singleMs.get(lengths[0]!) ?? 0)
      while (clock.now() < until) await turn()
      const sent = clock.now()
      await Promise.all([served, sendAll()])
      return Math.max(freed, sent)
    })
  }
  const note = (length: number, ms: Ms) =>
    singleMs.set(length, Math.min(ms, singleMs.get(length) ?? ms))

  return remoteEngine(model, run)
}

import { Failure } from '../../scenarios/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import { WallClock } from '../live/clock.ts'
import type { Engine, EngineOptions } from '../live/engine.ts'
import { openFeeds } from '../models/onnx.ts'
import { OipClient, type SentTensor } from './oip-client.ts'
import { TargetProblem } from './target-problem.ts'

/**
 * A model that a server runs, a batch a call, and as many calls at once as there are connections.
 * A batch that it has not answered as it should has died. Throws `Failure` where the server does
 * not have the model.
 */
export async function openRemoteEngine(
  { file, warmUp, target }: EngineOptions,
  epochNs: bigint,
  connections: number,
): Promise<Engine> {
  if (target === undefined) throw new Error('Expected the engine of a server')
  const client = await OipClient.open(target, file.inputs, connections)
  const feeds = await openFeeds(file.inputs, { seed: 1 })
  const clock = new WallClock(epochNs)
  const types = new Map(file.inputs.map(({ name, type }) => [name, type]))
  const encoded = (...[size, length, lengths, keys]: Parameters<Engine['run']>) => {
    const tensors = Object.entries(feeds.build(size, length, lengths, keys)).map(
      ([name, { dims, data }]): SentTensor => {
        const { buffer, byteOffset, byteLength } = data as Uint8Array
        const bytes = new Uint8Array(buffer, byteOffset, byteLength)
        return { name, type: types.get(name)!, dims, bytes }
      },
    )
    return client.encode(tensors)
  }
  const run: Engine['run'] = async (size, length, lengths, keys) => {
    const batch = encoded(size, length, lengths, keys)
    const started = clock.now()
    try {
      await client.send(batch, size)
    } catch (error) {
      if (!(error instanceof TargetProblem)) throw error
      return { status: STATUS.died, started, ended: clock.now(), problem: error.kind }
    }
    return { status: STATUS.ok, started, ended: clock.now() }
  }
  const swapped = () => {
    throw new Error('Expected no model to be swapped on a server')
  }
  for (const [size, length] of warmUp) {
    const lengths = new Int32Array(size).fill(length)
    await client
      .send(encoded(size, length, lengths, new Uint32Array(size)), size)
      .catch((error) => {
        throw error instanceof TargetProblem
          ? new Failure(`${target.url}: a batch of ${size} with length ${length}: ${error.message}`)
          : error
      })
  }
  return { fellBack: false, run, load: swapped, unload: swapped, close: () => client.close() }
}

import type { InferenceSession } from 'onnxruntime-node'
import { Failure } from '../../scenarios/index.ts'
import { STATUS, type Status } from '../../sim/serving/index.ts'
import { isOutOfMemory } from '../models/index.ts'
import { detailOf, openFeeds, openSession, sharedFeeds } from '../models/onnx.ts'
import { apartOnFailure, openOutputs } from '../serve/served-engine.ts'
import { WallClock } from './clock.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { type ThreadClock, threadClockFor } from './thread-clock.ts'

/** Opens a model in this thread. Throws `Failure` where the model cannot be opened. */
export async function openLocalEngine(options: EngineOptions, epochNs: bigint): Promise<Engine> {
  const { file, session: how, warmUp, served } = options
  const { session: first, fellBack } = await openSession(file, how)
  let session: InferenceSession | null = first
  const feeds = served
    ? sharedFeeds(file.inputs, served.inputs)
    : await openFeeds(file.inputs, { seed: 1 })
  const outputs = served
    ? await openOutputs(file.path, served, (size, length) =>
        first
          .run(feeds.build(size, length, new Int32Array(size), new Uint32Array(size)))
          .catch((error: unknown) => {
            throw cannotRun(options, size, length, error)
          }),
      )
    : null
  const clock = new WallClock(epochNs)
  const timed = async (processor: ThreadClock, batch: Parameters<Engine['run']>) => {
    const before = processor.now()
    const ran = await untimed(...batch)
    return { ...ran, processorMs: processor.now() - before }
  }
  const untimed: Engine['run'] = async (size, length, lengths, keys) => {
    const started = clock.now()
    let status: Status = STATUS.ok
    try {
      const inputs = feeds.build(size, length, lengths, keys)
      if (session === null) throw new Error(`Expected ${file.path} to be loaded`)
      const results = await session.run(inputs).catch((error: unknown) => {
        throw isOutOfMemory(error) ? error : cannotRun(options, size, length, error)
      })
      outputs?.write({ size, length, lengths, keys }, results)
    } catch (error) {
      if (!isOutOfMemory(error)) throw error
      status = STATUS.outOfMemory
    }
    return { status, started, ended: clock.now() }
  }
  const processor = threadClockFor(options)
  const run: Engine['run'] = processor === null ? untimed : (...batch) => timed(processor, batch)
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
  const engine = { fellBack, load, unload, close: release }
  if (outputs === null) return { ...engine, run }
  const now = () => clock.now()
  return { ...engine, run: apartOnFailure(run, { outputs, now }), outputs: outputs.memory }
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

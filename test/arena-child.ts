import { env, InferenceSession } from 'onnxruntime-node'
import { Feeds, materialise } from '../runtime/models/index.ts'
import type { ArenaRuns } from './arena-log.ts'

/**
 * A session of ONNX Runtime whose log tells each extension of its arena and whose profile tells
 * what is in use after each node. In a process of its own, as the log level is the process's.
 */
const { model, precision, memoryPattern, folder, runs } = JSON.parse(process.argv[2]!) as ArenaRuns
env.logLevel = 'info'
const file = await materialise(model, precision, { directory: '.', cacheDirectory: folder })
const session = await InferenceSession.create(file.path, {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableMemPattern: memoryPattern,
  logSeverityLevel: 1,
  enableProfiling: true,
  profileFilePrefix: `${folder}/profile`,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
})
const feeds = new Feeds(file.inputs, { seed: 1 })
for (const [run, [batch, length]] of runs.entries()) {
  console.error(`run ${run}`)
  const keys = Uint32Array.from({ length: batch }, (_, i) => i)
  await session.run(feeds.build(batch, length, new Int32Array(batch).fill(length), keys))
}
console.error('all runs ended')
session.endProfiling()
await session.release()

import { Failure } from '../../scenarios/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import { cacheDirectory } from '../folders/profile-file.ts'
import { type ExecutionProvider, materialise } from '../models/index.ts'
import { openProcessEngine } from './process-engine.ts'

const MODEL = { builtin: 'mlp', layers: 2, width: 64, seed: 1 } as const
const PROBES = 5

/**
 * Runs a small model on a provider in a separate process: a provider may crash, and a working one
 * prints irrelevant warnings on stderr. Throws `Failure`, with what to do, if the model does not run.
 */
export async function probeProvider(
  executionProvider: ExecutionProvider,
  signal: AbortSignal,
): Promise<{ ms: number; fellBack: boolean }> {
  const places = { directory: process.cwd(), cacheDirectory: cacheDirectory(), signal }
  const file = await materialise(MODEL, 'fp32', places)
  const session = { executionProvider, threads: 1 }
  const options = { file, session, warmUp: [[1, 1] as const] }
  const engine = await openProcessEngine(options, process.hrtime.bigint(), signal)
  let ms = Number.POSITIVE_INFINITY
  for (let i = 0; i < PROBES; i++) {
    const { status, started, ended } = await engine.run(1, 1, Int32Array.of(1), Uint32Array.of(i))
    if (status !== STATUS.ok) throw new Failure('its process ended while it ran a batch')
    ms = Math.min(ms, ended - started)
  }
  await engine.close()
  return { ms, fellBack: engine.fellBack }
}

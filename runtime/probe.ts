import { openEngine } from './engine.ts'
import { type ExecutionProvider, materialise } from './models/index.ts'
import { cacheDirectory } from './prepare.ts'

const MODEL = { builtin: 'mlp', layers: 2, width: 64, seed: 1 } as const
const PROBES = 5

/** Runs a small net on a provider. Throws `Failure`, with what to do, where that does not work. */
export async function probeProvider(
  executionProvider: ExecutionProvider,
): Promise<{ ms: number; fellBack: boolean }> {
  const places = { directory: process.cwd(), cacheDirectory: cacheDirectory() }
  const file = await materialise(MODEL, 'fp32', places)
  const session = { executionProvider, threads: 1 }
  const engine = await openEngine({ file, session, warmUp: [[1, 1]] }, process.hrtime.bigint())
  let ms = Number.POSITIVE_INFINITY
  for (let i = 0; i < PROBES; i++) {
    const { started, ended } = await engine.run(1, 1, Int32Array.of(1), Uint32Array.of(i))
    ms = Math.min(ms, ended - started)
  }
  await engine.close()
  return { ms, fellBack: engine.fellBack }
}

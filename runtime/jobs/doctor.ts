import { existsSync } from 'node:fs'
import { Failure } from '../../scenarios/index.ts'
import { significant } from '../../sim/kernel/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import { cacheDirectory, localProfilePath } from '../folders/profile-paths.ts'
import { hostFingerprint } from '../live/host.ts'
import { openProcessEngine } from '../live/process-engine.ts'
import {
  type ExecutionProvider,
  executionProviderNames,
  executionProviders,
  materialise,
} from '../models/index.ts'
import { supportedProviders } from '../models/onnx.ts'
import { pause } from '../process/interruption.ts'
import { version } from '../version.ts'

/** What this machine can run: its host, its execution providers, its profile. */
export async function doctor({ signal }: { readonly signal: AbortSignal }) {
  const providers: { provider: ExecutionProvider; ok: boolean; note: string }[] = []
  for (const provider of executionProviderNames) {
    providers.push({ provider, ...(await tryProvider(provider, signal)) })
  }
  const profile = existsSync(localProfilePath()) ? localProfilePath() : null
  return {
    version: version(),
    host: hostFingerprint(),
    providers,
    cache: cacheDirectory(),
    profile,
  }
}

/** Whether one of the tried providers computes on the host, which every live command needs. */
export function canServe({ providers }: Awaited<ReturnType<typeof doctor>>): boolean {
  return providers.some(({ provider, ok }) => ok && executionProviders[provider].onHost)
}

const MODEL = { builtin: 'mlp', layers: 2, width: 64, seed: 1 } as const
const PROBES = 5

/** Runs a small model in a separate process: a provider may crash, or print many warnings. */
async function tryProvider(
  executionProvider: ExecutionProvider,
  signal: AbortSignal,
): Promise<{ ok: boolean; note: string }> {
  await pause(signal)
  if (!supportedProviders().includes(executionProvider)) {
    return { ok: false, note: 'not in this build of onnxruntime-node' }
  }
  try {
    const places = { directory: process.cwd(), cacheDirectory: cacheDirectory(), signal }
    const file = await materialise(MODEL, 'fp32', places)
    const options = { file, session: { executionProvider, threads: 1 }, warmUp: [[1, 1] as const] }
    const engine = await openProcessEngine(options, process.hrtime.bigint(), signal)
    let ms = Number.POSITIVE_INFINITY
    try {
      for (let i = 0; i < PROBES; i++) {
        const ran = await engine.run(1, 1, Int32Array.of(1), Uint32Array.of(i))
        if (ran.status !== STATUS.ok) throw new Failure('its process ended while it ran a batch')
        ms = Math.min(ms, ran.ended - ran.started)
      }
    } finally {
      await engine.close()
    }
    const fellBack = engine.fellBack ? ', partly on cpu' : ''
    return { ok: true, note: `a small model takes ${significant(ms, 2)} ms${fellBack}` }
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error
    return { ok: false, note: error.problems.join('; ') }
  }
}

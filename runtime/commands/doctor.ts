import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { STATUS } from '../../sim/serving/index.ts'
import { cacheDirectory, localProfilePath } from '../folders/profile-file.ts'
import { hostFingerprint } from '../live/host.ts'
import { openProcessEngine } from '../live/process-engine.ts'
import {
  type ExecutionProvider,
  executionProviderNames,
  executionProviders,
  materialise,
  supportedProviders,
} from '../models/index.ts'
import { pause } from '../process/interruption.ts'
import { styled } from '../terminal.ts'
import { version } from '../version.ts'
import { implement, withJson } from './command.ts'
import { print } from './output.ts'

const HELP = `
Example:
  $ spillway doctor`

export function define(command: Command): void {
  withJson(command)
  implement(command, HELP, async (signal, options: { json?: boolean }) => {
    const host = hostFingerprint()
    const providers: { provider: ExecutionProvider; ok: boolean; note: string }[] = []
    for (const provider of executionProviderNames) {
      providers.push({ provider, ...(await tryProvider(provider, signal)) })
    }
    const profile = existsSync(localProfilePath()) ? localProfilePath() : null
    const found = { version: version(), host, providers, cache: cacheDirectory(), profile }
    print(options, found, [
      `spillway ${found.version}, node ${host.node}, onnxruntime ${host.onnxruntime}\n`,
      `${host.cpu}, ${host.cores} cores, ${host.memory_gib} GiB, ${host.platform}\n`,
      ...providers.map(({ provider, ok, note }) => [
        ok ? styled('green', 'ok  ') : styled('yellow', 'none'),
        ` ${provider}  ${note}\n`,
      ]),
      `profile of this machine: ${profile ?? 'none; run: spillway calibrate SCENARIO'}`,
    ])
    const serves = providers.some(({ provider, ok }) => ok && executionProviders[provider].onHost)
    return serves ? EXIT.ok : EXIT.failed
  })
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
    for (let i = 0; i < PROBES; i++) {
      const { status, started, ended } = await engine.run(1, 1, Int32Array.of(1), Uint32Array.of(i))
      if (status !== STATUS.ok) throw new Failure('its process ended while it ran a batch')
      ms = Math.min(ms, ended - started)
    }
    await engine.close()
    const fellBack = engine.fellBack ? ', partly on cpu' : ''
    return { ok: true, note: `a small model takes ${ms.toPrecision(2)} ms${fellBack}` }
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error
    return { ok: false, note: error.problems.join('; ') }
  }
}

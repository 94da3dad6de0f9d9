import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { cacheDirectory, localProfilePath } from '../folders/profile-file.ts'
import { hostFingerprint } from '../live/host.ts'
import { probeProvider } from '../live/probe.ts'
import {
  type ExecutionProvider,
  executionProviderNames,
  executionProviders,
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

async function tryProvider(
  provider: ExecutionProvider,
  signal: AbortSignal,
): Promise<{ ok: boolean; note: string }> {
  await pause(signal)
  if (!supportedProviders().includes(provider)) {
    return { ok: false, note: 'not in this build of onnxruntime-node' }
  }
  try {
    const { ms, fellBack } = await probeProvider(provider, signal)
    const note = `a small model takes ${ms.toPrecision(2)} ms${fellBack ? ', partly on cpu' : ''}`
    return { ok: true, note }
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error
    return { ok: false, note: error.problems.join('; ') }
  }
}

import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { cacheDirectory } from '../folders/cache-directory.ts'
import { localProfilePath } from '../folders/profile-file.ts'
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
import { action, withJson } from './command.ts'
import { print } from './output.ts'

export function define(command: Command): void {
  withJson(command)
    .addHelpText('after', '\nExample:\n  $ spillway doctor')
    .action(
      action(async (signal, options: { json?: boolean }) => {
        const host = hostFingerprint()
        const providers: { provider: ExecutionProvider; ok: boolean; note: string }[] = []
        for (const provider of executionProviderNames) {
          providers.push({ provider, ...(await tryProvider(provider, signal)) })
        }
        const profile = existsSync(localProfilePath()) ? localProfilePath() : null
        const found = { version: version(), host, providers, cache: cacheDirectory(), profile }
        const lines = providers.map(({ provider, ok, note }) => [
          ok ? styled('green', 'ok  ') : styled('yellow', 'none'),
          ` ${provider}  ${note}\n`,
        ])
        print(options, found, [
          `spillway ${found.version}, node ${host.node}, onnxruntime ${host.onnxruntime}\n`,
          `${host.cpu}, ${host.cores} cores, ${host.memory_gib} GiB, ${host.platform}\n`,
          ...lines,
          `profile of this machine: ${profile ?? 'none yet (spillway calibrate SCENARIO)'}`,
        ])
        const serves = providers.some(
          ({ provider, ok }) => ok && executionProviders[provider].onHost,
        )
        return serves ? EXIT.ok : EXIT.failed
      }),
    )
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
    const note = `a small net takes ${ms.toPrecision(2)} ms${fellBack ? ', partly on cpu' : ''}`
    return { ok: true, note }
  } catch (error) {
    if (!(error instanceof Failure) || signal.aborted) throw error
    return { ok: false, note: error.problems.join('; ') }
  }
}

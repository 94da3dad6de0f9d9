import { EXIT, type ExitCode, type LoadedScenario } from '../../scenarios/index.ts'
import { note, type ScenarioOptions } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { prepare, profileFor, resolveSystem } from '../jobs/prepare.ts'
import { refuseServe } from '../jobs/serve/refuse-serve.ts'
import { serve } from '../jobs/serve/serve.ts'
import { out } from '../terminal.ts'

interface ServeOptions extends ScenarioOptions {
  readonly profile?: string
  readonly host: string
  readonly port: number
  readonly allowHost?: readonly string[]
  readonly maxRequests: number
  readonly drain: number
}

export async function perform(
  signal: AbortSignal,
  loaded: LoadedScenario,
  options: ServeOptions,
): Promise<ExitCode> {
  const { host, port, allowHost: allowedHosts = [], maxRequests, drain } = options
  const prepared = await prepare(loaded, { signal, onNote: note })
  refuseServe(prepared)
  const system = resolveSystem(prepared, await profileFor(prepared, options.profile))
  const { requests, left } = await withProgress((onProgress, display) =>
    serve(system, {
      ...{ host, port, allowedHosts, maxRequests, drainMs: 1000 * drain },
      ...{ signal, onProgress },
      onWarning: display.warn,
      onListening: (port) => {
        display.stop()
        const name = host.includes(':') ? `[${host}]` : host
        out(`listening on http://${name}:${port}; Ctrl-C ends\n`)
      },
    }),
  )
  const counts = Object.entries(requests).map(([as, count]) => `${count} ${as}`)
  out(`ended; requests: ${counts.length === 0 ? 'none' : counts.join(', ')}\n`)
  if (left > 0) note(`${left} requests had not ended after ${drain} s`)
  return EXIT.ok
}

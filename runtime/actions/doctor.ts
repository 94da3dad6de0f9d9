import { EXIT, type ExitCode, Failure } from '../../scenarios/index.ts'
import { withProgress } from '../commands/progress.ts'
import { idleKind } from '../documents/idle.ts'
import { noiseKind } from '../documents/noise.ts'
import { measureClient } from '../jobs/client.ts'
import { canServe, doctor } from '../jobs/doctor.ts'
import { measureIdle } from '../jobs/idle.ts'
import { measureNoise } from '../jobs/noise.ts'
import { styled } from '../terminal.ts'
import { clientText } from './client-text.ts'
import { emit, print } from './output.ts'

interface DoctorOptions {
  readonly json?: boolean
  readonly noise?: number
  readonly idle?: string
  /** requests/s */
  readonly client?: number
  readonly seconds?: number
}

async function showHost(options: DoctorOptions, signal: AbortSignal): Promise<ExitCode> {
  const report = await doctor({ signal })
  const { host, providers, profile } = report
  print(options, report, [
    `spillway ${report.version}, node ${host.node}, onnxruntime ${host.onnxruntime}\n`,
    `${host.cpu}, ${host.cores} cores, ${host.memory_gib} GiB, ${host.platform}\n`,
    ...providers.map(({ provider, ok, note }) => [
      ok ? styled('green', 'ok  ') : styled('yellow', 'none'),
      ` ${provider}  ${note}\n`,
    ]),
    `profile of this machine: ${profile ?? 'none; run: spillway calibrate SCENARIO'}`,
  ])
  return canServe(report) ? EXIT.ok : EXIT.failed
}

export async function perform(signal: AbortSignal, options: DoctorOptions): Promise<ExitCode> {
  const { noise: spun, idle, client: rps, seconds } = options
  if (idle !== undefined) {
    const measured = await withProgress((onProgress) =>
      measureIdle(idle, { seconds, signal, onProgress }),
    )
    return emit(options, idleKind, measured)
  }
  if (rps !== undefined) {
    const report = await withProgress((onProgress) =>
      measureClient({ rps, seconds, signal, onProgress }),
    )
    print(options, report, clientText(report))
    return EXIT.ok
  }
  if (seconds !== undefined) {
    const text = '--seconds: only --idle and --client take it; add --idle SCENARIO or --client'
    throw new Failure(text, EXIT.usage)
  }
  if (spun === undefined) return showHost(options, signal)
  const noise = await withProgress((onProgress) =>
    measureNoise({ seconds: spun, signal, onProgress }),
  )
  return emit(options, noiseKind, noise)
}

import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { withProgress } from '../commands/progress.ts'
import { noiseKind } from '../documents/noise.ts'
import { canServe, doctor } from '../jobs/doctor.ts'
import { measureNoise } from '../jobs/noise.ts'
import { styled } from '../terminal.ts'
import { emit, print } from './output.ts'

interface DoctorOptions {
  readonly json?: boolean
  readonly noise?: number
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
  const { noise: seconds } = options
  if (seconds === undefined) return showHost(options, signal)
  const noise = await withProgress((onProgress) => measureNoise({ seconds, signal, onProgress }))
  return emit(options, noiseKind, noise)
}

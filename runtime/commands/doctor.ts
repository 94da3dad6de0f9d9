import { type Command, Option } from 'commander'
import { noiseText } from '../../reports/index.ts'
import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { canServe, doctor } from '../jobs/doctor.ts'
import { measureNoise, NOISE_SECONDS } from '../jobs/noise.ts'
import { styled } from '../terminal.ts'
import { implement, wholeNumber, withJson } from './command.ts'
import { print } from './output.ts'
import { withProgress } from './progress.ts'

/** The gaps of ten minutes fit in memory on any machine. */
const MOST_SECONDS = 600

const HELP = `
--noise measures how still this machine is and which percentiles can be decided on it, in place of providers. Let
nothing else run meanwhile.

Examples:
  $ spillway doctor
  $ spillway doctor --noise 30`

interface DoctorOptions {
  readonly json?: boolean
  readonly noise?: number
}

export function define(command: Command): void {
  withJson(command).addOption(
    new Option('--noise [s]', `spin on every core for so many seconds, by default ${NOISE_SECONDS}`)
      .preset(String(NOISE_SECONDS))
      .argParser(wholeNumber(1, MOST_SECONDS)),
  )
  implement(command, HELP, async (signal, options: DoctorOptions) => {
    const { noise: seconds } = options
    if (seconds === undefined) return showHost(options, signal)
    const noise = await withProgress((onProgress) => measureNoise({ seconds, signal, onProgress }))
    print(options, noise, noiseText(noise))
    return EXIT.ok
  })
}

async function showHost(options: DoctorOptions, signal: AbortSignal): Promise<ExitCode> {
  const found = await doctor({ signal })
  const { host, providers, profile } = found
  print(options, found, [
    `spillway ${found.version}, node ${host.node}, onnxruntime ${host.onnxruntime}\n`,
    `${host.cpu}, ${host.cores} cores, ${host.memory_gib} GiB, ${host.platform}\n`,
    ...providers.map(({ provider, ok, note }) => [
      ok ? styled('green', 'ok  ') : styled('yellow', 'none'),
      ` ${provider}  ${note}\n`,
    ]),
    `profile of this machine: ${profile ?? 'none; run: spillway calibrate SCENARIO'}`,
  ])
  return canServe(found) ? EXIT.ok : EXIT.failed
}

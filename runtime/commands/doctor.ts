import type { Command } from 'commander'
import { EXIT } from '../../scenarios/index.ts'
import { canServe, doctor } from '../jobs/doctor.ts'
import { styled } from '../terminal.ts'
import { implement, withJson } from './command.ts'
import { print } from './output.ts'

const HELP = `
Example:
  $ spillway doctor`

export function define(command: Command): void {
  withJson(command)
  implement(command, HELP, async (signal, options: { json?: boolean }) => {
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
  })
}

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Figure } from './report.ts'
import { figure, millisecondsOf } from './rounds.ts'

const CLI = 'dist/cli.js'
const ROUNDS = 11

/** Time of `--help` of the built command line; no figure without a build. */
export function* startupFigures(): Generator<Figure> {
  if (!existsSync(CLI)) {
    console.error(`${CLI} is not built: no start-up time (npm run build)`)
    return
  }
  const help = (args: readonly string[]) => () => {
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`Expected ${args.join(' ')} to succeed: ${stderr}`)
  }
  const cli: number[] = []
  const bare: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    cli.push(millisecondsOf(help([CLI, '--help'])))
    bare.push(millisecondsOf(help(['--eval', '0'])))
  }
  yield figure('Start-up, --help', 'ms', cli, { atMost: 250 })
  yield figure('Start-up of Node alone', 'ms', bare)
}

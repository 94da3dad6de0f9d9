import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Extent, type Figure, figure, millisecondsOf, ratios, roundsIn } from './figure.ts'

const CLI = 'dist/cli.js'
const STARTS = 30

/** Commands that end as soon as they can, with their exit code and the bar for it. */
const ENDED = [
  { name: '--help', args: () => ['--help'], code: 0, atMost: 1.6 },
  {
    name: 'simulate, a file that is not there',
    args: (folder: string) => ['simulate', join(folder, 'nonsense.yaml')],
    code: 3,
    atMost: 2.5,
  },
  {
    name: 'simulate, a file that is no scenario',
    args: (folder: string) => ['simulate', join(folder, 'invalid.yaml')],
    code: 3,
    atMost: 2.5,
  },
] as const

/** How long the built command line takes, over Node alone; no figure without a build. */
export function* startupFigures(extent: Extent): Generator<Figure> {
  if (!existsSync(CLI)) {
    console.error(`${CLI} is not built: no start-up time (npm run build)`)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'spillway-bench-'))
  try {
    writeFileSync(join(folder, 'invalid.yaml'), 'name: 3\n')
    const times = ENDED.map((): number[] => [])
    const alone: number[] = []
    for (let round = 0; round < roundsIn(extent, STARTS); round++) {
      alone.push(started(['--eval', '0'], 0))
      for (const [i, { args, code }] of ENDED.entries()) {
        times[i]!.push(started([CLI, ...args(folder)], code))
      }
    }
    for (const [i, { name, atMost }] of ENDED.entries()) {
      yield figure(`Start-up, ${name}`, 'x Node alone', ratios(times[i]!, alone), { atMost })
    }
    yield figure('Start-up of Node alone', 'ms', alone)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Duration of a process of Node that must end with an exit code, ms. */
const started = (args: readonly string[], code: number) =>
  millisecondsOf(() => {
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== code) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`)
  })

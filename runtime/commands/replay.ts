import type { Command } from 'commander'
import { resultText } from '../../reports/index.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { noteChangedRates } from '../jobs/changed-rates.ts'
import { dropReplays, keepReplays } from '../jobs/kept-replays.ts'
import { profileFor, resolveSystem } from '../jobs/prepare.ts'
import { refuseLive } from '../jobs/refuse.ts'
import { replay } from '../jobs/replay.ts'
import { AGAINST_HELP, type AgainstOptions, prepareSides, withAgainstOptions } from './against.ts'
import {
  implement,
  KEPT_ROWS,
  note,
  profileOption,
  refuseWithoutOut,
  scenarioFile,
  wholeNumber,
} from './command.ts'
import { emit, objectivesExit, writeDocuments } from './output.ts'
import { plotOption, plots } from './plots.ts'
import { withProgress } from './progress.ts'

interface ReplayOptions extends AgainstOptions {
  readonly profile?: string
  readonly replays: number
  readonly requests?: string
  readonly decisionLog?: boolean
  readonly plot?: boolean
}

const HELP = `
${KEPT_ROWS}
With --out DIR, \`spillway compare DIR\` needs nothing else.

Loads are shares of the capacity by the profile.
${AGAINST_HELP}

Examples:
  $ spillway replay yardstick --replays 3 --out runs/today
  $ spillway replay yardstick --against-set pools.central.replicas=2 --out runs/two`

export function define(command: Command): void {
  withAgainstOptions(scenarioFile(command), 'measured.json, rows and profile')
    .addOption(profileOption())
    .option('--replays <n>', 'replays of the same requests', wholeNumber(1), 3)
    .option('--requests <file>', 'replay these requests (of `spillway requests`)')
    .addOption(plotOption())
    .option('--decision-log', 'keep the decision log of every replay (needs --out)')
  implement(command, HELP, async (signal, path: string, options: ReplayOptions) => {
    refuseWithoutOut('--decision-log', options.decisionLog, options)
    const prepared = await prepareSides(path, options, signal)
    const [first, second] = prepared
    const profile = await profileFor(first, options.profile)
    if (options.out !== undefined) await writableFolder(options.out)
    refuseLive(prepared)
    const system = resolveSystem(first, profile)
    if (options.requests === undefined) {
      await noteChangedRates(path, system, { ...options, signal, onNote: note })
    }
    const changed = second === undefined ? [] : [resolveSystem(second, profile)]
    const { replays, decisionLog, requests: requestsFile } = options
    const sides = await withProgress((onProgress) =>
      replay([system, ...changed], {
        replays,
        requestsFile,
        decisionLog,
        signal,
        onProgress,
      }),
    )
    const { result } = sides[0]!
    const text = sides.map((side) => resultText(side.result)).join('\n\n')
    const printed = [text, plots(options, { measured: result })]
    await emit(options, { measured: result }, 'measured', printed, async (change) => {
      await dropReplays(change)
      await keepReplays(change, sides, signal)
      if (profile !== null) await writeDocuments(change, { profile })
    })
    return objectivesExit(result)
  })
}

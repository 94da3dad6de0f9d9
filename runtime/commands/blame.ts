import type { Command } from 'commander'
import { blameHtml, blameText } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { blame } from '../jobs/blame/blame.ts'
import {
  commandLine,
  implement,
  KEPT_ROWS,
  note,
  profileOption,
  replicationsOption,
  type ScenarioOptions,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { withProgress } from './progress.ts'

interface BlameOptions extends ScenarioOptions {
  readonly profile?: string
  readonly replications: number
  readonly top: number
}

/** More are a table that none reads. */
const MOST_LISTED = 1000

const HELP = `
Of a scenario, one replication is simulated. A folder with raw rows is read: its replays, or else its replication.
${KEPT_ROWS}

While a request waits and no executor of its queue is free, each of the n executors has 1/n of the wait, and its batch
divides that among its requests. The causes of all waits add up to the time in queues. Single changes of the pool with
the bottleneck are then simulated, with and without the change over the same requests.

Examples:
  $ spillway blame payment-peak
  $ spillway blame runs/today --top 20
  $ spillway blame peak.yaml --replications 20 --out blamed`

export function define(command: Command): void {
  const source = 'a scenario, or a folder with raw rows of its runs'
  withScenarioOptions(
    command.argument('<scenario-or-folder>', source),
    'blame.json and report.html',
  )
    .addOption(profileOption())
    .addOption(replicationsOption('interval', 2))
    .option('--top <n>', 'single requests to list', wholeNumber(0, MOST_LISTED), 10)
  implement(command, HELP, async (signal, path: string, options: BlameOptions) => {
    const { set, seed, profile, replications, top, out } = options
    const undo = await writableFolder(out)
    const document = await withProgress((onProgress) =>
      blame(path, {
        ...(set && { set }),
        ...(seed !== undefined && { seed }),
        profile,
        replications,
        top,
        signal,
        onProgress,
        onNote: note,
        command: commandLine(),
      }),
    ).catch(undo)
    await emit(options, { blame: document }, 'blame', blameText(document), async (change) =>
      change.write('report.html', await blameHtml(document)),
    )
    return EXIT.ok
  })
}

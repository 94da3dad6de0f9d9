import type { Command } from 'commander'
import {
  existing,
  implement,
  KEPT_ROWS,
  profileOption,
  replicationsOption,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'

/** More are a table that none reads. */
const MOST_LISTED = 1000

const HELP = `
Of a scenario, one replication is simulated. A folder with raw rows is read: its replays, or else its replication.
${KEPT_ROWS}

While a request waits and no executor of its queue is free, each of the n executors has 1/n of the wait, and its batch
divides that among its requests. In the steps of engines, time is for a request itself, for prompts of others, or for
the decoding of others. The causes of all waits add up to the time that requests waited. Single changes of the pool with
the bottleneck are then simulated, with and without the change over the same requests; none where every objective passes.

Examples:
  $ spillway blame payment-peak
  $ spillway blame runs/today --top 20
  $ spillway blame peak.yaml --replications 20 --out blamed`

export function define(command: Command): void {
  const source = 'a scenario, or a folder with raw rows of its runs'
  withScenarioOptions(
    command.argument('<scenario-or-folder>', source, existing),
    'blame.json and report.html',
  )
    .addOption(profileOption())
    .addOption(replicationsOption('interval', 2))
    .option('--top <n>', 'single requests to list', wholeNumber(0, MOST_LISTED), 10)
  implement(command, HELP, async () => (await import('../actions/blame.ts')).perform)
}

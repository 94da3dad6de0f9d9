import type { Command } from 'commander'
import {
  givenFile,
  implement,
  keptFolder,
  outOption,
  plotOption,
  replicationsOption,
  withJson,
} from './command.ts'

const HELP = `
The folder holds the scenario, the requests, the rows and the profile of its replays, and those of the second side if it was
a what-if. Nothing else is read, so it can be compared later and on any machine. The result is the comparison that \`spillway
run\` makes.

Exit code 0 for PASS, 4 for FAIL, 5 for UNDECIDED, 6 if the parts of the folder are of different runs.

Examples:
  $ spillway compare runs/today --profile monday.json
  $ spillway replay yardstick --out runs/today && spillway compare runs/today`

export function define(command: Command): void {
  withJson(command.argument('<dir>', 'a folder of `spillway run` or `replay --out`', keptFolder))
    .option('--profile <file>', 'predict from this profile in place of the one in DIR', givenFile)
    .addOption(replicationsOption('band', 10))
    .addOption(plotOption())
    .addOption(outOption('comparison.json'))
  implement(command, HELP, async () => (await import('../actions/compare.ts')).perform)
}

import type { Command } from 'commander'
import { REPLAYS } from '../jobs/defaults.ts'
import { AGAINST_HELP, withAgainstOptions } from './against.ts'
import {
  implementOnScenario,
  KEPT_ROWS,
  plotOption,
  profileOption,
  scenarioFile,
  wholeNumber,
} from './command.ts'
import { withTargetOptions } from './target.ts'

const HELP = `
${KEPT_ROWS}
With --out DIR, \`spillway compare DIR\` needs nothing else.

Loads are shares of the capacity by the profile.
${AGAINST_HELP}

Examples:
  $ spillway replay yardstick --replays 3 --out runs/today
  $ spillway replay yardstick --against-set pools.central.replicas=2 --out runs/two
  $ spillway replay mine.yaml --target central=http://127.0.0.1:8000 --out runs/server`

export function define(command: Command): void {
  withTargetOptions(withAgainstOptions(scenarioFile(command), 'measured.json, rows and profile'))
    .addOption(profileOption())
    .option('--replays <n>', 'replays of the same requests', wholeNumber(1), REPLAYS)
    .option('--requests <file>', 'replay these requests (of `spillway requests`)')
    .addOption(plotOption())
    .option('--decision-log', 'keep the decision log of every replay (needs --out)')
  implementOnScenario(command, HELP, async () => (await import('../actions/replay.ts')).perform)
}

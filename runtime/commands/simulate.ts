import { type Command, Option } from 'commander'
import type { FailOn } from '../actions/output.ts'
import {
  implementOnScenario,
  KEPT_ROWS,
  plotOption,
  precisionOption,
  profileOption,
  replicationsOption,
  scenarioFile,
  warmupOption,
  withScenarioOptions,
  workersOption,
} from './command.ts'

const HELP = `
${KEPT_ROWS}

Exit code 4 if an objective is FAIL, 5 if one is UNDECIDED; with --fail-on fail, 0 for the latter.

Examples:
  $ spillway simulate payment-peak
  $ spillway simulate peak.yaml --set pools.central.replicas=2 --json > result.json
  $ spillway simulate peak.yaml --headroom
  $ spillway simulate peak.yaml --precision 2% --warmup auto
  $ spillway simulate peak.yaml --keep-rows --out today && spillway audit today`

export function define(command: Command): void {
  withScenarioOptions(scenarioFile(command), 'simulated.json and report.html')
    .addOption(profileOption())
    .addOption(replicationsOption('interval', 1))
    .addOption(precisionOption())
    .addOption(warmupOption())
    .addOption(workersOption())
    .addOption(
      new Option(
        '--requests <file>',
        'use these requests (of `spillway requests`) in every replication',
      ).conflicts('headroom'),
    )
    .option('--headroom', 'how much more traffic passes every objective; some ten times the work')
    .addOption(
      new Option('--fail-on <verdict>', 'the verdict on objectives from which on it fails')
        .choices(['fail', 'undecided'] satisfies FailOn[])
        .default('undecided' satisfies FailOn),
    )
    .addOption(plotOption())
    .option('--keep-rows', 'keep raw rows and decision log of the first replication (needs --out)')
  const load = async () => (await import('../actions/simulate.ts')).perform
  implementOnScenario(command, HELP, load, { simulations: ({ replications = 1 }) => replications })
}

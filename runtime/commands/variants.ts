import type { Command } from 'commander'
import {
  implementOnScenario,
  KEPT_ROWS,
  profileOption,
  replicationsOption,
  scenarioFile,
  variant,
  warmupOption,
  wholeNumber,
  withScenarioOptions,
  workersOption,
} from './command.ts'

const HELP = `
Variants are named changes: under variants: in the scenario file, or by --variant. They are compared with the first one.
A single variant is compared with the scenario as it stands. Each variant has the same requests, at the same rate: a load
is a share of the capacity of the first variant. A difference is called one only if it passes a test of all differences
together (Holm, 5 %). Uncertain inputs are drawn, with the same draws in all variants: verdicts and differences then
need the interval with these, too. --workers is for the simulations; replays use the machine as the scenario states.

With --replay the variants are replayed in alternating slices of a second or more, and where slices would change what is
asked, in whole replays. Outputs of each model are compared with those of the first variant on the same inputs.
${KEPT_ROWS}
With --out DIR the replays of a variant are in DIR/NAME, for audit, compare and report.

Exit code 0 if a variant meets every objective or there is none, 4 if all variants fail or the audit of the replays fails,
5 if the best is undecided.

Examples:
  $ spillway variants peak.yaml
  $ spillway variants yardstick --variant 'batch-8: pools.central.batching.max_batch=8'
  $ spillway variants peak.yaml --variant 'fp32:' --variant 'int8: pools.central.precision=int8' --replay --out precision`

export function define(command: Command): void {
  withScenarioOptions(scenarioFile(command), 'variants.json, report.html and rows of replays')
    .option('--variant <text>', "'name: path=value; path=value'; may be repeated", variant)
    .addOption(profileOption())
    .addOption(replicationsOption('interval', 2))
    .addOption(workersOption())
    .addOption(warmupOption())
    .option('--replay', 'also replay the variants on ONNX Runtime')
    .option('--replays <n>', 'replays of each variant, with --replay', wholeNumber(1), 3)
  const load = async () => (await import('../actions/variants.ts')).perform
  implementOnScenario(command, HELP, load, { simulations: ({ replications = 1 }) => replications })
}

import { type Command, InvalidArgumentError, Option } from 'commander'
import { MOST_SHARDS } from '../../scenarios/light.ts'
import { searchSpace } from '../jobs/configurations/search-space.ts'
import type { Shard } from '../jobs/sweep/sweep-plan.ts'
import {
  implementOnScenario,
  precisionOption,
  profileOption,
  replicationsOption,
  scenarioFile,
  warmupOption,
  withScenarioOptions,
  workersOption,
} from './command.ts'

const HELP = `
--set PATH=1,2,4 and --set PATH=1..8 or 0.5..2:0.5 name values; the sweep simulates all combinations. A value in brackets
or quotes may have commas. --set with one value holds for every configuration. --points names a CSV file in place of
that: its header has paths, and each line is a configuration.

All configurations get the same traffic. A load is a share of the capacity of the scenario without their changes.

A configuration that is invalid, or for which memory runs out, is a row with the reason. Rows are on the disk as soon as
they are simulated: after any end, also kill -9, --resume goes on in the folder of --out, and simulates again where memory
ran out. One process at a time writes to a folder. A shard is every n-th configuration; \`spillway merge\` joins the
folders of all. No result depends on processes, shards or interruptions.

Rows of uncertain inputs have the stated values. The answer is confirmed with draws of the inputs: of the configurations
that hold, at most eight are tried, the best first, until one holds with them, too. That is done on this machine, also
with --queue. Shards confirm nothing: --resume in the folder of their merge does.

Exit code 0 whatever the verdicts of configurations; 3 if none could be simulated; 6 if --resume meets another sweep.

Examples:
  $ spillway sweep overload --set pools.central.replicas=1..4
  $ spillway sweep peak.yaml --set pools.central.replicas=1..8 --set pools.central.batching.max_batch=4,8,16 --out runs/sizes
  $ spillway sweep peak.yaml --points points.csv --out runs/points --resume
  $ spillway sweep peak.yaml --set seed=1..1000 --shard 2/4 --out runs/shard-2
  $ spillway sweep peak.yaml --set pools.central.replicas=1..64 --precision 2% --queue redis://queue.internal:6379 --out runs/fleet`

export function define(command: Command): void {
  withScenarioOptions(
    scenarioFile(command),
    'manifest.json, journal.jsonl, sweep.json, results.parquet and report.html',
  )
    .option('--points <file>', 'a CSV file of configurations: paths in the header, one a line')
    .addOption(profileOption())
    .addOption(replicationsOption('interval', 1))
    .addOption(precisionOption())
    .addOption(warmupOption())
    .addOption(workersOption())
    .addOption(
      new Option(
        '--queue <url>',
        'let `spillway worker` processes simulate, through a Valkey or Redis server',
      ).conflicts('workers'),
    )
    .option('--shard <i/n>', 'simulate the i-th of n parts, such as 1/4', shard)
    .option('--resume', 'continue the sweep in the folder of --out, or begin it there')
  const load = async () => (await import('../actions/sweep.ts')).perform
  implementOnScenario(command, HELP, load, {
    overrides: (set) => searchSpace(set).set,
    simulations: ({ queue }) => (queue === undefined ? Number.POSITIVE_INFINITY : 0),
  })
}

function shard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? []
  if (index !== undefined && of !== undefined && of <= MOST_SHARDS && index >= 1 && index <= of) {
    return { index, of }
  }
  throw new InvalidArgumentError(`Expected i/n with i from 1 to n, such as 1/4, got ${text}.`)
}

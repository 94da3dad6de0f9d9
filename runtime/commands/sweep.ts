import { type Command, InvalidArgumentError, Option } from 'commander'
import { sweepHtml, sweepText } from '../../reports/index.ts'
import { EXIT, type ExitCode, Failure } from '../../scenarios/index.ts'
import type { Sweep } from '../../sim/documents/index.ts'
import { RESULTS_FILE } from '../folders/sweep-results.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { withWarmup } from '../jobs/steady-warmup.ts'
import { sweep } from '../jobs/sweep/sweep.ts'
import type { Shard } from '../jobs/sweep/sweep-plan.ts'
import { err } from '../terminal.ts'
import {
  implement,
  note,
  precisionOption,
  profileOption,
  refuseWithoutOut,
  replicationsOption,
  type ScenarioOptions,
  scenarioFile,
  warmupOption,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { emit } from './output.ts'
import { withProgress } from './progress.ts'

interface SweepOptions extends ScenarioOptions {
  readonly points?: string
  readonly profile?: string
  readonly replications: number
  readonly precision?: number
  readonly warmup?: 'auto'
  readonly queue?: string
  readonly workers?: number
  readonly shard?: Shard
  readonly resume?: boolean
}

const HELP = `
--set PATH=1,2,4 and --set PATH=1..8 or 0.5..2:0.5 name values; the sweep simulates all combinations. A value in brackets
or quotes may have commas. --set with one value holds for every configuration. --points names a CSV file in place of
that: its header has paths, and each line is a configuration.

All configurations get the same traffic. A load is a share of the capacity of the scenario without their changes.

A configuration that is invalid, or for which memory runs out, is a row with the reason. Rows are on the disk as soon as
they are simulated: after any end, also kill -9, --resume goes on in the folder of --out, and simulates again where memory
ran out. A shard is every n-th configuration; \`spillway merge\` joins the folders of all. No result depends on processes,
shards or interruptions.

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
    .option(
      '--workers <n>',
      'processes, at most one for each core; the result does not depend on it',
      wholeNumber(1),
    )
    .addOption(
      new Option(
        '--queue <url>',
        'let `spillway worker` processes simulate, through a Valkey or Redis server',
      ).conflicts('workers'),
    )
    .option('--shard <i/n>', 'simulate the i-th of n parts, such as 1/4', shard)
    .option('--resume', 'continue the sweep in the folder of --out, or begin it there')
  implement(command, HELP, async (signal, path: string, options: SweepOptions) => {
    const { out, resume } = options
    refuseWithoutOut('--resume', resume, options)
    refuseWithoutOut('--shard', options.shard !== undefined, options)
    const undo = await writableFolder(out)
    const { workers, queue } = options
    const { document, results, close } = await withProgress(async (onProgress, display) => {
      const set = await withWarmup(path, options, { signal, onProgress, onNote: note })
      const job = { directory: out, resume, workers, queue, signal, onProgress }
      return sweep({ ...options, path, set }, { ...job, onWarning: display.warn })
    })
      .catch(undo)
      .catch((error) => keptSoFar(error, out))
    try {
      const text = sweepText(document, out ?? null)
      await emit(options, { sweep: document }, 'sweep', text, async (change) => {
        await change.write(RESULTS_FILE, results)
        await change.write('report.html', await sweepHtml(document))
      })
    } finally {
      await close()
    }
    return exitOf(document)
  })
}

/** After an interruption, says how to go on. */
function keptSoFar(error: unknown, out: string | undefined): never {
  const interrupted = error instanceof Failure && error.exitCode === EXIT.interrupted
  if (interrupted && out !== undefined) {
    err(`the rows so far are kept in ${out}; go on with the same command and --resume\n`)
  }
  throw error
}

function exitOf({ counts, configurations }: Sweep): ExitCode {
  const { invalid, out_of_memory } = counts
  return configurations > 0 && invalid + out_of_memory === configurations
    ? EXIT.invalidInput
    : EXIT.ok
}

/** More folders are not merged at once. */
const MOST_SHARDS = 10_000

function shard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? []
  if (index !== undefined && of !== undefined && of <= MOST_SHARDS && index >= 1 && index <= of) {
    return { index, of }
  }
  throw new InvalidArgumentError(`Expected i/n with i from 1 to n, such as 1/4, got ${text}.`)
}

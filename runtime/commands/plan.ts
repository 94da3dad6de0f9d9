import { type Command, InvalidArgumentError, Option } from 'commander'
import { searchSpace } from '../jobs/configurations/search-space.ts'
import { PLAN_DEFAULTS } from '../jobs/defaults.ts'
import {
  implementOnScenario,
  profileOption,
  scenarioFile,
  warmupOption,
  wholeNumber,
  withScenarioOptions,
  workersOption,
} from './command.ts'

/** Below this no configuration is accepted. */
const LEAST_REPLICATIONS = 6

const HELP = `
Values of --set: one value holds for all configurations; several are searched: 1,2,4, 1..8, 0.5..2:0.5.
Without any that has several: replicas from 1 to 4 times today's and, of a single pool, max_batch in powers of two and
batch windows around today's. Cost is that of price_usd_per_hour of the pools, or of their cards;
where no configuration has a price, it is the number of replicas.

Fewer replicas are taken to be no better, which is checked; nothing is taken for granted of batch sizes. Scaled pools
cost what their runs paid for, and nothing is taken for granted of them.

Where inputs are uncertain, the cheapest is searched at the stated ones, and then what holds every objective with a probability of
--confidence over what they may be: the plan recommends the cheapest that does.

With --out, runs are on the disk as soon as they are simulated: after any end, also kill -9, --resume goes on in that folder, also with
other values to search. One process at a time writes to a folder. No result depends on interruptions.

Exit codes: 0 a configuration meets, 4 none does (or the replayed winner does not), 5 undecided (also where only the stated inputs
give one), 6 if --resume meets another plan.

Examples:
  $ spillway plan peak.yaml
  $ spillway plan peak.yaml --set pools.central.replicas=1..8 --set pools.central.batching.max_batch=4,8,16,32
  $ spillway plan peak.yaml --set 'pools.central.precision=fp32,int8' --confidence 99%
  $ spillway plan peak.yaml --survive replica
  $ spillway plan peak.yaml --no-headroom --no-sensitivity
  $ spillway plan peak.yaml --out plan --resume
  $ spillway plan peak.yaml --out plan --verify`

export function define(command: Command): void {
  withScenarioOptions(
    scenarioFile(command),
    'plan.json and report.html, and what is simulated until then',
  )
    .addOption(profileOption())
    .addOption(
      new Option(
        '--confidence <share>',
        'how sure a verdict must be, and how probably the winner holds with uncertain inputs, such as 95%',
      )
        .argParser(confidence)
        .default(PLAN_DEFAULTS.confidence, '95%'),
    )
    .option(
      '--replications <n>',
      'most replications of a configuration; few decide most of them',
      wholeNumber(LEAST_REPLICATIONS, 10_000),
      PLAN_DEFAULTS.replications,
    )
    .addOption(
      new Option(
        '--survive <what>',
        'what may be lost for all of the run with every objective still held: a replica of any pool, or a site',
      ).choices(['replica', 'site']),
    )
    .addOption(warmupOption())
    .addOption(workersOption())
    .option('--resume', 'continue the plan in the folder of --out, or begin it there')
    .option('--no-headroom', 'do not search how much more traffic the winner takes')
    .option('--no-sensitivity', 'do not try other rates, lengths and speeds of the winner')
    .option('--verify', 'replay the winner on this machine')
    .option('--replays <n>', 'replays of --verify', wholeNumber(1, 1000), 3)
  const load = async () => (await import('../actions/plan.ts')).perform
  implementOnScenario(command, HELP, load, {
    overrides: (set) => searchSpace(set).set,
    simulations: () => Number.POSITIVE_INFINITY,
  })
}

/** "95%", "95 %" or 0.95 as a share. */
function confidence(text: string): number {
  const percentage = /^([\d.]+)\s*%$/.exec(text.trim())
  const value = percentage ? Number(percentage[1]) / 100 : Number(text)
  if (value >= 0.5 && value < 1) return value
  throw new InvalidArgumentError(`Expected 50% or more, and less than 100%, got ${text}.`)
}

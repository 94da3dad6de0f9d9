import { type Command, Option } from 'commander'
import type { FailOn } from '../actions/output.ts'
import { REPLAYS, RUN_SECONDS } from '../jobs/defaults.ts'
import { AGAINST_HELP, withAgainstOptions } from './against.ts'
import { chartsOption } from './charts.ts'
import {
  givenFile,
  implementOnScenario,
  KEPT_ROWS,
  plotOption,
  positiveNumber,
  rehearsalsOption,
  replicationsOption,
  scenarioFile,
  wholeNumber,
} from './command.ts'
import { maxLatencyOption, withTargetOptions } from './target.ts'

const HELP = `
A calibration measures the work of each model. Rehearsals, which are replays of the scenario with other seeds, alternate
with the replays that are judged: from them alone the prediction takes the speed, stalls and overheads of this machine. What it learnt becomes this machine's
profile, as that of \`spillway calibrate\`: \`simulate\` and \`replay\` use it from then on. With --profile nothing is calibrated.

${KEPT_ROWS}

Exit code 0 when the work is done, whatever the verdicts on checks and objectives; for CI, --fail-on fail exits with 4
if one is FAIL, and --fail-on undecided also with 5 if one is UNDECIDED. An interrupted run keeps its calibration as
calibrated.json; resume with --profile runs/NAME/calibrated.json. A warning names percentiles that stalls of this
machine leave undecided, as \`spillway doctor --noise\` measures them.
${AGAINST_HELP}

Examples:
  $ spillway run payment-peak --replays 5
  $ spillway run payment-peak --fail-on fail
  $ spillway run chat-live --seconds 10 --set duration_s=12
  $ spillway run first --against-set pools.central.batching.max_batch=4`

export function define(command: Command): void {
  withTargetOptions(
    withAgainstOptions(scenarioFile(command), 'documents, report.html and rows', 'runs/NAME'),
  )
    .addOption(
      new Option('--profile <file>', 'use this profile in place of a calibration')
        .argParser(givenFile)
        .conflicts('seconds'),
    )
    .option(
      '--seconds <s>',
      'calibration time for each model, warm-up included',
      positiveNumber,
      RUN_SECONDS,
    )
    .addOption(rehearsalsOption())
    .addOption(maxLatencyOption())
    .addOption(replicationsOption('band', 10))
    .option('--replays <n>', 'replays of the same requests', wholeNumber(1), REPLAYS)
    .option('--decision-log', 'keep the decision log of every replay')
    .addOption(plotOption())
    .addOption(
      new Option('--fail-on <verdict>', 'exit with 4 on FAIL, and with 5 on UNDECIDED').choices([
        'fail',
        'undecided',
      ] satisfies FailOn[]),
    )
    .addOption(chartsOption())
  implementOnScenario(command, HELP, async () => (await import('../actions/run.ts')).perform)
}

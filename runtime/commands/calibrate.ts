import { type Command, Option } from 'commander'
import { localProfilePath } from '../folders/profile-paths.ts'
import { CALIBRATION_SECONDS } from '../jobs/defaults.ts'
import {
  collect,
  implementOnScenario,
  positiveNumber,
  rehearsalsOption,
  scenarioFile,
  variant,
  wholeNumber,
  withScenarioOptions,
} from './command.ts'
import { maxLatencyOption, withTargetOptions } from './target.ts'

const HELP = `
A calibration measures the work of each model, and then rehearses the scenario: from replays with other seeds it learns
how fast the machine runs this traffic, its stalls and its overheads. By default that takes a minute for each model, and
--rehearsals times the duration of the scenario. --seconds is the time for both, for each model: rehearsals are then cut
short. The models are measured on several occasions, and opened anew for each: their differences are the width of the
profile, which \`uncertain: { sources: included }\` of a scenario draws. Calibrations of other days add to it. Ctrl-C keeps
what was measured on occasions that have ended. Replays at several times of day show more of the machine's drift: with
--from their speeds and overheads replace those of the rehearsals. Work stays that of the profiles that the replays were
made with, which have to be of one host.

Models that are to be compared are best measured in turn (--variant, and variants: of the scenario): a machine drifts by some percent from minute to
minute. A profile whose models are of different occasions warns where it is used.

Examples:
  $ spillway calibrate payment-peak --seconds 60
  $ spillway calibrate payment-peak --strict
  $ spillway calibrate first --variant 'int8: pools.central.precision=int8'
  $ spillway calibrate yardstick --from runs/monday --from runs/tuesday`

export function define(command: Command): void {
  withTargetOptions(withScenarioOptions(scenarioFile(command), 'profile.json', localProfilePath()))
    .option(
      '--seconds <s>',
      `time for each model, with warm-up and rehearsals; default: ${CALIBRATION_SECONDS} and whole rehearsals`,
      positiveNumber,
    )
    .addOption(
      new Option(
        '--occasions <n>',
        'how often models are opened anew and measured within --seconds; default: 4, or fewer where opening takes long',
      )
        .argParser(wholeNumber(1, 100))
        .conflicts('from'),
    )
    .addOption(rehearsalsOption().conflicts('from'))
    .addOption(maxLatencyOption())
    .option(
      '--strict',
      'keep no profile whose batch times do not fit together, cannot be checked, or are of a disturbed machine; end with 5',
    )
    .addOption(
      new Option(
        '--variant <text>',
        "'name: path=value; path=value': calibrate this too, in turn; may be repeated",
      )
        .argParser(variant)
        .conflicts('from'),
    )
    .addOption(
      new Option(
        '--from <dir>',
        'measure nothing; take speed fields and overheads from the replays in this folder; may be repeated',
      )
        .argParser(collect)
        .conflicts('seconds'),
    )
  implementOnScenario(command, HELP, async () => (await import('../actions/calibrate.ts')).perform)
}

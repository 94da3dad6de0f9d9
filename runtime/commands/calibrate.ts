import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { EXIT, modelKey, type Variant } from '../../scenarios/index.ts'
import { documentText } from '../folders/documents.ts'
import { knownProfile, localProfilePath, mergeProfiles } from '../folders/profile-file.ts'
import { settleFolder } from '../folders/replace-files.ts'
import { writableFolder, writeWhole } from '../folders/write-whole.ts'
import { CALIBRATION_SECONDS, calibrate, refuseOtherHost } from '../jobs/calibrate.ts'
import { learnFromReplays } from '../jobs/learn-from-replays.ts'
import { type Prepared, prepare } from '../jobs/prepare.ts'
import {
  collect,
  implement,
  note,
  positiveNumber,
  rehearsalsOption,
  type ScenarioOptions,
  scenarioFile,
  variant,
  warn,
  withScenarioOptions,
} from './command.ts'
import { print } from './output.ts'
import { profileText } from './profile-text.ts'
import { withProgress } from './progress.ts'

interface CalibrateOptions extends ScenarioOptions {
  readonly seconds: number
  readonly rehearsals: number
  readonly variant?: readonly Variant[]
  readonly from?: readonly [string, ...string[]]
}

const HELP = `
A calibration measures the work of each model, and then rehearses the scenario: from replays with other seeds it learns
how fast the machine runs this traffic, its stalls and its overheads. That takes --rehearsals times the duration of the
scenario. Replays at several times of day show more of the machine's drift: with --from their speeds and overheads
replace those of the rehearsals. Work stays that of the profiles that the replays were made with, which have to be of
one host.

Models that are to be compared are best measured in turn (--variant, and variants: of the scenario): a machine drifts by some percent from minute to
minute. A profile whose models are of different occasions warns where it is used.

Examples:
  $ spillway calibrate payment-peak --seconds 60
  $ spillway calibrate first --variant 'int8: pools.central.precision=int8'
  $ spillway calibrate yardstick --from runs/monday --from runs/tuesday`

export function define(command: Command): void {
  withScenarioOptions(scenarioFile(command), 'profile.json', localProfilePath())
    .option(
      '--seconds <s>',
      'time for each model, warm-up included',
      positiveNumber,
      CALIBRATION_SECONDS,
    )
    .addOption(rehearsalsOption().conflicts('from'))
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
  implement(command, HELP, async (signal, path: string, options: CalibrateOptions) => {
    const prepared = await prepare(path, { ...options, signal, onNote: note })
    const { seconds, rehearsals, from, out, variant: given = [] } = options
    const scenarios = [prepared]
    const keysOf = ({ scenario }: Prepared) =>
      scenario.pools.map((pool) => modelKey(scenario, pool))
    const known = new Set(keysOf(prepared))
    const changed = ({ set }: Variant) =>
      prepare(path, { ...options, set: [...(options.set ?? []), ...set], signal })
    // of the scenario's own variants those with other models: each costs rehearsals
    for (const own of prepared.variants) {
      const other = await changed(own)
      if (keysOf(other).every((key) => known.has(key))) continue
      for (const key of keysOf(other)) known.add(key)
      scenarios.push(other)
    }
    for (const one of given) scenarios.push(await changed(one))
    const file = out === undefined ? localProfilePath() : join(out, 'profile.json')
    await writableFolder(dirname(file))
    await settleFolder(dirname(file))
    const earlier = await knownProfile(file, warn)
    const learnt = from && (await learnFromReplays(prepared, from))
    if (earlier !== null && out !== undefined) refuseOtherHost(file, earlier, learnt?.host)
    const fresh =
      learnt ??
      (await withProgress((onProgress, { warn: onWarning }) =>
        calibrate(scenarios, { seconds, rehearsals, signal, onProgress, onWarning }),
      ))
    const profile = mergeProfiles(fresh, earlier)
    await writeWhole(file, documentText(profile))
    print(options, profile, [profileText(fresh), `\nprofile: ${file}`])
    return EXIT.ok
  })
}

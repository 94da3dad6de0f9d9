import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { documentText } from '../folders/document-text.ts'
import { loadProfile, localProfilePath, mergeProfiles } from '../folders/profile-file.ts'
import { settleFolder } from '../folders/replace-files.ts'
import { writableFolder, writeWhole } from '../folders/write-whole.ts'
import { CALIBRATION_SECONDS, calibrate, learnFromReplays } from '../jobs/calibrate.ts'
import { type Prepared, prepare } from '../jobs/prepare.ts'
import {
  action,
  collect,
  positiveNumber,
  type ScenarioOptions,
  warn,
  withScenarioOptions,
} from './command.ts'
import { print } from './output.ts'
import { profileText } from './profile-text.ts'
import { ProgressDisplay } from './progress.ts'

interface CalibrateOptions extends ScenarioOptions {
  readonly seconds: number
  readonly from?: readonly string[]
}

export function define(command: Command): void {
  withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)'))
    .option('--seconds <s>', 'time for each model', positiveNumber, CALIBRATION_SECONDS)
    .addOption(
      new Option(
        '--from <dir>',
        'measure nothing, but learn how the machine behaves from replays kept there; may be repeated',
      )
        .argParser(collect)
        .conflicts('seconds'),
    )
    .addHelpText(
      'after',
      `
A calibration sees the machine for half a minute. Replays on several occasions know its drift better:
with --from their speed fields and overheads take the place of the calibration's; work stays.

The profile is kept in ${localProfilePath()}; --out DIR writes it to DIR/profile.json instead.

Examples:
  $ spillway calibrate scenarios/library/payment-peak.yaml --seconds 60
  $ spillway calibrate scenarios/library/yardstick.yaml --from runs/monday --from runs/tuesday`,
    )
    .action(
      action(async (signal, path: string, options: CalibrateOptions) => {
        const prepared = await prepare(path, { ...options, signal })
        const file =
          options.out === undefined ? localProfilePath() : join(options.out, 'profile.json')
        await writableFolder(dirname(file))
        await settleFolder(dirname(file))
        const known = await knownProfile(file)
        const fresh =
          options.from === undefined
            ? await measure(prepared, options.seconds, signal)
            : await learnFromReplays(prepared, known ?? (await loadProfile()), options.from)
        const profile = mergeProfiles(fresh, known)
        await writeWhole(file, documentText(profile))
        print(options, profile, [profileText(fresh), `\nprofile: ${file}`])
        return EXIT.ok
      }),
    )
}

/** The profile that is about to be replaced; null where it is missing, or broken in the cache. */
async function knownProfile(file: string): Promise<Profile | null> {
  if (!existsSync(file)) return null
  try {
    return await loadProfile(file)
  } catch (error) {
    if (!(error instanceof Failure) || file !== localProfilePath()) throw error
    for (const text of [...error.problems, `${file} is replaced`]) warn(text)
    return null
  }
}

async function measure(prepared: Prepared, seconds: number, signal: AbortSignal): Promise<Profile> {
  const progress = new ProgressDisplay()
  const onWarning = (text: string) => {
    progress.stop()
    warn(text)
  }
  const onProgress = progress.update
  const fresh = await calibrate([prepared], { seconds, signal, onProgress, onWarning })
  progress.stop()
  return fresh
}

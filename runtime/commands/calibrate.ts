import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import pc from 'picocolors'
import { EXIT, Failure, modelKey } from '../../scenarios/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { calibrateModel } from '../calibration/index.ts'
import { hostFingerprint } from '../host.ts'
import { materialise } from '../models/index.ts'
import { cacheDirectory, lengthsOf, type Prepared, prepare } from '../prepare.ts'
import { loadProfile, localProfilePath, mergeProfiles, profileHash } from '../profile-file.ts'
import { version } from '../version.ts'
import { writableFolder } from '../write-whole.ts'
import { action, positiveNumber, type ScenarioOptions, withScenarioOptions } from './command.ts'
import { documentText, writeWhole } from './output.ts'
import { ProgressDisplay } from './progress.ts'

/** Seconds spent on each model unless told otherwise. */
export const CALIBRATION_SECONDS = 45

interface CalibrateOptions extends ScenarioOptions {
  readonly seconds: number
}

export function define(command: Command): void {
  withScenarioOptions(command.argument('<scenario>', 'a scenario file (YAML)'))
    .option('--seconds <s>', 'time for each model', positiveNumber, CALIBRATION_SECONDS)
    .addHelpText(
      'after',
      `
The profile is kept in ${localProfilePath()}; --out DIR writes it to DIR/profile.json instead.

Example:
  $ spillway calibrate scenarios/library/payment-peak.yaml --seconds 60`,
    )
    .action(
      action(async (signal, path: string, options: CalibrateOptions) => {
        const prepared = await prepare(path, options)
        const file =
          options.out === undefined ? localProfilePath() : join(options.out, 'profile.json')
        await writableFolder(dirname(file))
        const progress = new ProgressDisplay()
        const fresh = await calibrate(prepared, { seconds: options.seconds, signal, progress })
        progress.stop()
        const profile = mergeProfiles(
          fresh,
          existsSync(file) ? (await loadProfile(file)).profile : null,
        )
        await writeWhole(file, documentText(profile))
        process.stdout.write(
          options.json === true
            ? documentText(profile)
            : `${profileText(fresh)}\nprofile: ${file}\n`,
        )
        return EXIT.ok
      }),
    )
}

/** Calibrates each distinct model of the scenario's pools. */
export async function calibrate(
  prepared: Prepared,
  options: {
    readonly seconds: number
    readonly signal: AbortSignal
    readonly progress: ProgressDisplay
  },
): Promise<Profile> {
  const { scenario, plan, directory, file } = prepared
  const models: ModelProfile[] = []
  for (const [i, pool] of scenario.pools.entries()) {
    const model = scenario.models[pool.model]!
    if ('work' in model || models.some(({ key }) => key === modelKey(scenario, pool))) continue
    models.push(
      await calibrateModel({
        scenario,
        pool,
        plan: plan.pools[i]!,
        file: await materialise(model, pool.precision, {
          directory,
          cacheDirectory: cacheDirectory(),
        }),
        lengths: lengthsOf(prepared),
        seconds: options.seconds,
        signal: options.signal,
        onProgress: options.progress.update,
      }),
    )
  }
  if (models.length === 0) {
    throw new Failure(`${file}: all work is declared, so there is nothing to calibrate`)
  }
  const host = hostFingerprint()
  return {
    document: 'spillway-profile',
    format: 1,
    name: `${host.cpu}, ${host.cores} cores`,
    version: version(),
    host,
    models,
  }
}

/** What a calibration found, in short. */
export function profileText(profile: Profile): string {
  const lines = profile.models.flatMap((model) => {
    const { sizes, lengths, ms, error } = model.work
    const worst = Math.max(...error.flat().map(Math.abs))
    const corner = (i: number, j: number) =>
      `batch ${sizes.at(i)} x length ${lengths.at(j)}: ${ms.at(i)!.at(j)!.toPrecision(3)} ms`
    const cells =
      lengths.length > 1
        ? [corner(0, 0), corner(0, -1), corner(-1, -1)]
        : [corner(0, 0), corner(-1, 0)]
    const wake = model.wake.ms.at(-1)! * 1000
    return [
      pc.bold(model.label),
      `  work        ${cells.join('; ')}`,
      `              a cell is predicted from the others within ${(100 * worst).toFixed(1)} %`,
      `  wake-up     ${wake.toFixed(0)} µs after ${model.wake.gapMs.at(-1)!.toPrecision(2)} ms idle`,
      `  overheads   dispatch ${middleUs(model.overheads.dispatch[0]!.table)}, completion ${middleUs(model.overheads.completion)} (medians)`,
    ]
  })
  return [...lines, `profile ${profile.name}, hash ${profileHash(profile)}`].join('\n')
}

const middleUs = (table: readonly number[]) => `${(1000 * table[table.length >> 1]!).toFixed(0)} µs`

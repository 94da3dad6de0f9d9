import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Command, Option } from 'commander'
import { EXIT, Failure, modelKey, modelLabel, type Scenario } from '../../scenarios/index.ts'
import { Batcher } from '../../sim/serving/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { type CalibrationTask, calibrateLoads, calibrateModels } from '../calibration/index.ts'
import { cacheDirectory } from '../folders/cache-directory.ts'
import {
  loadProfile,
  localProfilePath,
  mergeProfiles,
  refuseOtherModels,
} from '../folders/profile-file.ts'
import { settleFolder } from '../folders/replace-files.ts'
import { readMeasured, readRuns, readScenario, settleRuns } from '../folders/run-folder.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { learn, type ReplayedScenario } from '../jobs/learn.ts'
import { lengthMixes } from '../jobs/length-mix.ts'
import { modelsOf, type Prepared, prepare } from '../jobs/prepare.ts'
import { hostFingerprint } from '../live/host.ts'
import { hasSwappableModel } from '../live/swappable-models.ts'
import { hasObservedArena, memoryPlan } from '../memory/index.ts'
import { materialise } from '../models/index.ts'
import { err, styled } from '../terminal.ts'
import { version } from '../version.ts'
import {
  action,
  collect,
  positiveNumber,
  type ScenarioOptions,
  withScenarioOptions,
} from './command.ts'
import { documentText, print, writeWhole } from './output.ts'
import { profileText } from './profile-text.ts'
import { ProgressDisplay } from './progress.ts'

/** Seconds spent on each model unless told otherwise. */
export const CALIBRATION_SECONDS = 60

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
            : await learnFrom(
                prepared,
                known ?? (await loadProfile(undefined)).profile,
                options.from,
              )
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
    return (await loadProfile(file)).profile
  } catch (error) {
    if (!(error instanceof Failure) || file !== localProfilePath()) throw error
    for (const text of [...error.problems, `${file} is replaced`]) {
      err(styled('yellow', 'warning'), `: ${text}\n`)
    }
    return null
  }
}

async function measure(prepared: Prepared, seconds: number, signal: AbortSignal): Promise<Profile> {
  const progress = new ProgressDisplay()
  const fresh = await calibrate([prepared], { seconds, signal, progress })
  progress.stop()
  return fresh
}

/** The scenario's models as kept replays met the machine. */
async function learnFrom(
  prepared: Prepared,
  known: Profile,
  folders: readonly string[],
): Promise<Profile> {
  const wanted = new Set(modelsOf(prepared, known).map((model) => model?.key))
  const contents = new Map(known.models.map(({ key, content }) => [key, content]))
  const replayed: ReplayedScenario[] = []
  for (const folder of folders) {
    await settleRuns(folder)
    await refuseOtherModels(folder, contents)
    const scenario = await readScenario(folder)
    const runs = await readRuns(folder, 'replay', scenario)
    const { load } = await readMeasured(folder)
    const refuse = (what: string) => new Failure(`${folder}: ${what}`, EXIT.notComparable)
    if (runs.length === 0 || !scenario.pools.some((pool) => wanted.has(modelKey(scenario, pool)))) {
      throw refuse(`has no replay of a model of ${prepared.file}`)
    }
    for (const pool of scenario.pools) {
      if (known.models.some(({ key }) => key === modelKey(scenario, pool))) continue
      throw refuse(`has replays of ${modelLabel(scenario, pool)}, which was not calibrated`)
    }
    replayed.push({ scenario, runs, load: load ?? 0 })
  }
  const models = learn(known.models, replayed)
  return { ...known, models: models.filter(({ key }) => wanted.has(key)) }
}

/** Calibrates each distinct model of the scenarios' pools, all in turn. */
export async function calibrate(
  scenarios: readonly Prepared[],
  options: {
    readonly seconds: number
    readonly signal: AbortSignal
    readonly progress: ProgressDisplay
  },
): Promise<Profile> {
  const tasks = new Map<string, CalibrationTask>()
  for (const prepared of scenarios) {
    const { scenario, plan } = prepared
    const mixes = lengthMixes(prepared)
    for (const [i, pool] of scenario.pools.entries()) {
      const model = scenario.models[pool.model]!
      const key = modelKey(scenario, pool)
      if ('work' in model) continue
      const known = tasks.get(key)
      const { maxBatch } = new Batcher(pool.batching)
      const lengths = mixes[i]!
      tasks.set(
        key,
        known === undefined
          ? {
              ...{ scenario, pool, maxBatch, lengths },
              plan: plan.pools[i]!,
              file: await materialise(model, pool.precision, {
                directory: prepared.directory,
                cacheDirectory: cacheDirectory(),
                signal: options.signal,
              }),
            }
          : covering(known, maxBatch, lengths),
      )
    }
  }
  if (tasks.size === 0) {
    const files = scenarios.map(({ file }) => file).join(', ')
    throw new Failure(`${files}: all work is declared, so there is nothing to calibrate`)
  }
  const measured = await calibrateModels([...tasks.values()], {
    seconds: options.seconds,
    signal: options.signal,
    onProgress: options.progress.update,
  })
  const asked = new Set(scenarios.flatMap(({ scenario }) => observedPools(scenario)))
  const moving = new Set(scenarios.flatMap(({ scenario }) => movingPools(scenario)))
  const models: ModelProfile[] = []
  for (const [i, task] of [...tasks.values()].entries()) {
    const model = measured[i]!
    const known = asked.has(model.key) ? await withMemory(model, task, options) : model
    models.push(moving.has(model.key) ? await withLoads(known, task, options) : known)
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

/** Keys of the models whose arena a pool is about. */
function observedPools(scenario: Scenario): string[] {
  return scenario.pools.filter(hasObservedArena).map((pool) => modelKey(scenario, pool))
}

async function withMemory(
  model: ModelProfile,
  { file, pool, maxBatch, lengths, plan }: CalibrationTask,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: ProgressDisplay },
): Promise<ModelProfile> {
  progress.update(`${model.label}: memory`, 0, 1)
  const task = { file, threads: pool.threads, maxBatch, lengths, padTo: plan.padTo }
  const found = await memoryPlan(task, signal)
  if ('plan' in found) return { ...model, memory: found.plan }
  progress.stop()
  const text = `what ${model.label} does with memory is not known: ${found.problem}`
  err(styled('yellow', 'warning'), `: ${text}\n`)
  return model
}

/** Keys of the models that come and go, whether or not the scenario declares in what time. */
function movingPools(scenario: Scenario): string[] {
  return scenario.pools
    .filter((pool) => hasSwappableModel(scenario, pool))
    .map((pool) => modelKey(scenario, pool))
}

/** Share of the time for one model that its loads are measured. */
const LOADS_SHARE = 0.1

/** Loads stand with what else is known of a model's memory: without that nothing asks for them. */
async function withLoads(
  model: ModelProfile,
  task: CalibrationTask,
  options: {
    readonly seconds: number
    readonly signal: AbortSignal
    readonly progress: ProgressDisplay
  },
): Promise<ModelProfile> {
  if (model.memory === null) return model
  options.progress.update(`${model.label}: loads`, 0, 1)
  const durationMs = 1000 * options.seconds * LOADS_SHARE
  const loadMs = await calibrateLoads(task, durationMs, options.signal)
  return { ...model, memory: { ...model.memory, loadMs } }
}

/** The same model also runs in a pool of other batches, or under other traffic. */
function covering(
  task: CalibrationTask,
  maxBatch: number,
  { min, max }: CalibrationTask['lengths'],
): CalibrationTask {
  const { lengths } = task
  return {
    ...task,
    maxBatch: Math.max(task.maxBatch, maxBatch),
    lengths: { ...lengths, min: Math.min(lengths.min, min), max: Math.max(lengths.max, max) },
  }
}

import { basename, dirname } from 'node:path'
import {
  EXIT,
  Failure,
  hashOf,
  modelKey,
  modelLabel,
  type Pool,
  type Scenario,
} from '../../scenarios/index.ts'
import { hasSwappableModel, poolsToCalibrate, resolveSystem } from '../../sim/experiment/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { type CalibrationTask, calibrateLoads, calibrateModels } from '../calibration/index.ts'
import { cacheDirectory, keptProfile, refuseOtherModels } from '../folders/profile-file.ts'
import {
  AGAINST_FOLDER,
  readMeasured,
  readRuns,
  readScenario,
  settleRuns,
} from '../folders/run-folder.ts'
import { hostFingerprint } from '../live/host.ts'
import { hasObservedArena, memoryPlan } from '../memory/index.ts'
import { materialise } from '../models/index.ts'
import { version } from '../version.ts'
import { learn, type ReplayedScenario } from './learn.ts'
import type { JobOptions } from './options.ts'
import type { Prepared } from './prepare.ts'

/** Default time for each model, s. */
export const CALIBRATION_SECONDS = 60

export interface CalibrateOptions extends JobOptions {
  /** for each model; default 60 */
  readonly seconds?: number | undefined
  /** gets warnings about what could not be measured */
  readonly onWarning?: ((text: string) => void) | undefined
}

type Measuring = { readonly [K in keyof CalibrateOptions]-?: NonNullable<CalibrateOptions[K]> }

/** Calibrates each distinct model of the scenarios' pools, all in turn. */
export async function calibrate(
  scenarios: readonly Prepared[],
  { seconds = CALIBRATION_SECONDS, ...options }: CalibrateOptions = {},
): Promise<Profile> {
  const { onProgress = () => {}, onWarning = () => {} } = options
  const { signal = new AbortController().signal } = options
  const measuring = { seconds, signal, onProgress, onWarning }
  const tasks = new Map<string, CalibrationTask>()
  for (const prepared of scenarios) {
    const { scenario } = prepared
    const covered = poolsToCalibrate(prepared)
    for (const [i, pool] of scenario.pools.entries()) {
      const model = scenario.models[pool.model]!
      const key = modelKey(scenario, pool)
      if ('work' in model) continue
      const { plan, maxBatch, lengths } = covered[i]!
      const known = tasks.get(key)
      if (known !== undefined) {
        tasks.set(key, covering(known, maxBatch, lengths))
        continue
      }
      const { directory } = prepared
      const places = { directory, cacheDirectory: cacheDirectory(), signal }
      const file = await materialise(model, pool.precision, places)
      tasks.set(key, { scenario, pool, plan, maxBatch, lengths, file })
    }
  }
  if (tasks.size === 0) {
    const files = scenarios.map(({ file }) => file).join(', ')
    throw new Failure(`${files}: all work is declared; simulate needs no calibration`)
  }
  const measured = await calibrateModels([...tasks.values()], measuring)
  const keysWhere = (applies: (pool: Pool, scenario: Scenario) => boolean) =>
    scenarios.flatMap(({ scenario }) =>
      scenario.pools
        .filter((pool) => applies(pool, scenario))
        .map((pool) => modelKey(scenario, pool)),
    )
  const observed = keysWhere(hasObservedArena)
  // even if the scenario declares load times
  const swapped = keysWhere((pool, scenario) => hasSwappableModel(scenario, pool))
  const models: ModelProfile[] = []
  for (const [i, task] of [...tasks.values()].entries()) {
    const model = measured[i]!
    const known = observed.includes(model.key) ? await withMemory(model, task, measuring) : model
    models.push(swapped.includes(model.key) ? await withLoads(known, task, measuring) : known)
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

async function withMemory(
  model: ModelProfile,
  { file, pool, maxBatch, lengths, plan }: CalibrationTask,
  { signal, onProgress, onWarning }: Measuring,
): Promise<ModelProfile> {
  onProgress(`${model.label}: memory`, 0, 1)
  const task = { file, threads: pool.threads, maxBatch, lengths, padTo: plan.padTo }
  const found = await memoryPlan(task, signal)
  if ('plan' in found) return { ...model, memory: found.plan }
  onWarning(`${model.label}: its memory is not measured: ${found.problem}`)
  return model
}

/** Share of the time for one model that its loads are measured. */
const LOADS_SHARE = 0.1

/** Load times are part of a model's memory: without it they are not used. */
async function withLoads(
  model: ModelProfile,
  task: CalibrationTask,
  { seconds, signal, onProgress }: Measuring,
): Promise<ModelProfile> {
  if (model.memory === null) return model
  onProgress(`${model.label}: loads`, 0, 1)
  const durationMs = 1000 * seconds * LOADS_SHARE
  const loadMs = await calibrateLoads(task, durationMs, signal)
  return { ...model, memory: { ...model.memory, loadMs } }
}

/** Extends a task to another pool of the same model, with other batches or traffic. */
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

/** Throws `Failure` where the profile in a file is of another host than a new one would be. */
export function refuseOtherHost(file: string, known: Profile, host = hostFingerprint()): void {
  if (hashOf(known.host) === hashOf(host)) return
  const text = `has a profile of another host: ${known.name}, node ${known.host.node}`
  throw new Failure(`${file}: ${text}; choose another --out or delete it`, EXIT.notComparable)
}

/** A folder of replays as a profile learns from it. */
interface ReplayFolder extends ReplayedScenario {
  readonly folder: string
  /** the one that its replays were made with */
  readonly profile: Profile
}

async function replayFolder(folder: string): Promise<ReplayFolder> {
  await settleRuns(folder)
  const scenario = await readScenario(folder)
  const measured = await readMeasured(folder)
  // both sides of a what-if have one profile
  const holder = basename(folder) === AGAINST_FOLDER ? dirname(folder) : folder
  const profile = await keptProfile(holder, measured)
  const runs = await readRuns(folder, 'replay', scenario)
  return { folder, scenario, runs, load: measured.load ?? 0, profile }
}

/** The work of all profiles of the folders; of a model that several have, the first. */
function knownWork([first, ...others]: readonly [ReplayFolder, ...ReplayFolder[]]): Profile {
  const models = new Map(first.profile.models.map((model) => [model.key, model]))
  for (const { folder, profile } of others) {
    if (hashOf(profile.host) !== hashOf(first.profile.host)) {
      const text = `has replays of another host than ${first.folder}; learn from those of one host`
      throw new Failure(`${folder}: ${text}`, EXIT.notComparable)
    }
    for (const model of profile.models) if (!models.has(model.key)) models.set(model.key, model)
  }
  return { ...first.profile, models: [...models.values()] }
}

/**
 * A profile of a scenario's models with speed fields and overheads of replays. Work and wake-up cost
 * are those of the profiles that the replays were made with, so a profile never mixes hosts.
 */
export async function learnFromReplays(
  prepared: Prepared,
  folders: readonly [string, ...string[]],
): Promise<Profile> {
  const [first, ...others] = folders
  const replayed: [ReplayFolder, ...ReplayFolder[]] = [await replayFolder(first)]
  for (const folder of others) replayed.push(await replayFolder(folder))
  const known = knownWork(replayed)
  const wanted = new Set(resolveSystem(prepared, known).models.map((model) => model?.key))
  const contents = new Map(known.models.map(({ key, content }) => [key, content]))
  for (const { folder, scenario, runs } of replayed) {
    await refuseOtherModels(folder, contents)
    const refuse = (what: string) => new Failure(`${folder}: ${what}`, EXIT.notComparable)
    if (runs.length === 0 || !scenario.pools.some((pool) => wanted.has(modelKey(scenario, pool)))) {
      throw refuse(`has no replay of a model of ${prepared.file}`)
    }
    for (const pool of scenario.pools) {
      if (known.models.some(({ key }) => key === modelKey(scenario, pool))) continue
      throw refuse(
        `has replays of ${modelLabel(scenario, pool)}, which was not calibrated; run: spillway calibrate`,
      )
    }
  }
  const models = learn(known.models, replayed)
  return { ...known, models: models.filter(({ key }) => wanted.has(key)) }
}

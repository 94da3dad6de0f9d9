import {
  EXIT,
  Failure,
  hashOf,
  isServed,
  modelKey,
  type Pool,
  type Scenario,
} from '../../scenarios/index.ts'
import { hasSwappableModel, poolsToCalibrate } from '../../sim/experiment/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { type CalibrationTask, calibrateLoads, calibrateModels } from '../calibration/index.ts'
import { cacheDirectory } from '../folders/profile-paths.ts'
import type { GenerationOptions } from '../live/generation/generation-options.ts'
import { hostFingerprint } from '../live/host.ts'
import { hasObservedArena, memoryPlan } from '../memory/index.ts'
import { materialise } from '../models/index.ts'
import { version } from '../version.ts'
import { CALIBRATION_SECONDS, REHEARSALS } from './defaults.ts'
import type { LoadingOptions } from './options.ts'
import { poolGeneration } from './pool-generation.ts'
import { type Prepared, resolveSystem } from './prepare.ts'
import { refuseCompletions } from './refuse.ts'
import { rehearse, UNSEEN } from './rehearsals.ts'
import { calibratedLoad } from './sent-load.ts'

export interface CalibrateOptions extends LoadingOptions {
  /** for each model from when it is open, warm-up included; default 60 */
  readonly seconds?: number | undefined
  /**
   * how often models are opened anew and measured, so that widths are known; default: 4, or as
   * often as opening takes little of the time
   */
  readonly occasions?: number | undefined
  /** of each scenario, after its models are measured; default 3 */
  readonly rehearsals?: number | undefined
  /** for all rehearsals, for each model; by default each lasts as long as its scenario */
  readonly rehearsalSeconds?: number | undefined
  /** gets the profile before rehearsals, which can be kept whatever follows */
  readonly onMeasured?: ((profile: Profile) => void) | undefined
  /** gets the profile of the occasions that have ended, where a later one does not end */
  readonly onPart?: ((profile: Profile) => void) | undefined
  /** gets warnings about what could not be measured */
  readonly onWarning?: ((text: string) => void) | undefined
}

type Measuring = Pick<
  { readonly [K in keyof CalibrateOptions]-?: NonNullable<CalibrateOptions[K]> },
  'seconds' | 'signal' | 'onProgress' | 'onWarning' | 'onNote'
> &
  Pick<CalibrateOptions, 'occasions' | 'onPart'>

/** Calibrates each distinct model of the scenarios' pools, and rehearses each scenario. */
export async function calibrate(
  scenarios: readonly Prepared[],
  { rehearsals = REHEARSALS, rehearsalSeconds, ...options }: CalibrateOptions = {},
): Promise<Profile> {
  const { seconds = CALIBRATION_SECONDS, onProgress = () => {}, onWarning = () => {} } = options
  const { signal = new AbortController().signal, onNote = () => {}, occasions, onPart } = options
  const measuring = { seconds, occasions, signal, onProgress, onWarning, onNote, onPart }
  let profile = await measure(scenarios, measuring)
  options.onMeasured?.(profile)
  const count = rehearsals * scenarios.length
  const longestS =
    rehearsalSeconds === undefined ? undefined : (rehearsalSeconds * profile.models.length) / count
  for (const prepared of rehearsals === 0 ? [] : scenarios) {
    if (prepared.scenario.pools.some(isServed)) {
      onWarning(`${prepared.file}: ${UNSEEN}`)
      continue
    }
    const system = resolveSystem(prepared, profile)
    const learnt = await rehearse(system, rehearsals, { signal, onProgress, longestS })
    for (const text of learnt.warnings) onWarning(text)
    profile = learnt.system.profile ?? profile
  }
  return profile
}

/** Measures the work of models, and how the machine runs made-up traffic. */
async function measure(scenarios: readonly Prepared[], measuring: Measuring): Promise<Profile> {
  const { signal } = measuring
  refuseCompletions(scenarios)
  const occasion = new Date().toISOString()
  const tasks = new Map<string, CalibrationTask>()
  for (const prepared of scenarios) {
    const { scenario, contents, allowed } = prepared
    const covered = poolsToCalibrate(prepared)
    for (const [i, pool] of scenario.pools.entries()) {
      const model = scenario.models[pool.model]!
      if ('work' in model) continue
      // two versions have a model at one path, which is another model where its file is another
      const key = `${modelKey(scenario, pool)} ${contents[i]}`
      const { plan, maxBatch, lengths } = covered[i]!
      const { directory } = prepared
      const places = { directory, cacheDirectory: cacheDirectory(), signal }
      const task = tasks.get(key)
      const file = task?.file ?? (await materialise(model, pool.precision, places))
      const generation = poolGeneration(prepared, pool, file, plan.generation)
      const uses = { maxBatch, lengths, ...(generation && { generation }) }
      if (task !== undefined) {
        tasks.set(key, covering(task, uses))
        continue
      }
      tasks.set(key, { scenario, pool, plan, ...uses, file, occasion, allowed })
    }
  }
  if (tasks.size === 0) {
    const files = scenarios.map(({ file }) => file).join(', ')
    throw new Failure(`${files}: all work is declared; simulate needs no calibration`)
  }
  const { onPart, onNote, seconds } = measuring
  for (const task of tasks.values()) {
    const text = calibratedLoad(task, seconds)
    if (text !== null) onNote(text)
  }
  const measured = await calibrateModels([...tasks.values()], {
    ...measuring,
    onPart: onPart && ((models) => onPart(profileOf(models))),
  })
  // whatever follows: their memory and load times stay those of an earlier profile
  onPart?.(profileOf(measured))
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
    const profile = observed.includes(model.key) ? await withMemory(model, task, measuring) : model
    models.push(swapped.includes(model.key) ? await withLoads(profile, task, measuring) : profile)
  }
  return profileOf(models)
}

/** The profile of models that were measured on this machine. */
function profileOf(models: ModelProfile[]): Profile {
  const host = hostFingerprint()
  return {
    document: 'spillway-profile',
    format: 2,
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
  const memory = await memoryPlan(task, signal)
  if ('plan' in memory) return { ...model, memory: memory.plan }
  onWarning(`${model.label}: its memory is not measured: ${memory.problem}`)
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

/** Extends a task to another pool of the same model, with other batches, steps or traffic. */
function covering(
  task: CalibrationTask,
  {
    maxBatch,
    lengths: { min, max },
    generation,
  }: Pick<CalibrationTask, 'maxBatch' | 'lengths' | 'generation'>,
): CalibrationTask {
  const { lengths } = task
  const both = task.generation && generation && coveringSteps(task.generation, generation)
  return {
    ...task,
    maxBatch: Math.max(task.maxBatch, maxBatch),
    lengths: { ...lengths, min: Math.min(lengths.min, min), max: Math.max(lengths.max, max) },
    ...(both && { generation: both }),
  }
}

/** Blocks are those of the first, as many as hold the tokens of either. */
function coveringSteps(first: GenerationOptions, second: GenerationOptions): GenerationOptions {
  const { cache } = first
  const tokens = second.cache.blocks * second.cache.blockTokens
  const blocks = Math.max(cache.blocks, Math.ceil(tokens / cache.blockTokens))
  return {
    ...first,
    cache: { ...cache, blocks },
    sequences: Math.max(first.sequences, second.sequences),
    promptTokens: Math.max(first.promptTokens, second.promptTokens),
  }
}

/** Throws `Failure` where the profile in a file is of another host than a new one would be. */
export function refuseOtherHost(file: string, profile: Profile, host = hostFingerprint()): void {
  if (hashOf(profile.host) === hashOf(host)) return
  const text = `has a profile of another host: ${profile.name}, node ${profile.host.node}`
  throw new Failure(`${file}: ${text}; choose another --out or delete it`, EXIT.notComparable)
}

import {
  type Failure,
  type LoadedScenario,
  loadScenario,
  modelKey,
  type RecordedClient,
  readServegen,
  type Scenario,
  type ScenarioText,
  surveyTrace,
  type TraceSurvey,
  type Uncertain,
  type Variant,
} from '../../scenarios/index.ts'
import {
  modelProfiles,
  type PreparedScenario,
  type Resolved,
  resolveSystem,
} from '../../sim/experiment/index.ts'
import type { ModelProfile, Profile } from '../../sim/world/index.ts'
import { loadProfile } from '../folders/profile-file.ts'
import { SHIPPED_PROFILES, shippedProfilePath } from '../folders/profile-paths.ts'
import { contentOf } from '../models/index.ts'
import { expectTrace } from '../parquet/expect-trace.ts'
import { throwIfAborted } from '../process/interruption.ts'
import { type AllowedLoad, type AllowOptions, allowedLoad } from '../targets/allowed-load.ts'
import type { Progress } from './options.ts'
import { doubtfulValues, sampleLengths, unclaimedRows } from './scenario-notes.ts'

export { resolveSystem }

/** A scenario with what its files hold, as every job starts from it. */
export interface Prepared extends LoadedScenario, PreparedScenario {
  readonly traces: ReadonlyMap<number, TraceSurvey>
  readonly clients: ReadonlyMap<number, readonly RecordedClient[]>
  /** what live jobs may send to servers; default: only to this machine, without limits */
  readonly allowed?: AllowedLoad
}

/** The same resolved with a profile. */
export type System = Prepared & Resolved

export interface PrepareOptions extends AllowOptions {
  readonly set?: readonly string[] | undefined
  readonly seed?: number | undefined
  /** a variant; its changes are applied after `set` */
  readonly asVariant?: Variant | undefined
  /** gets the path of each file that values of the scenario are from, unless it ships */
  readonly onFile?: ((path: string) => void) | undefined
  /** stops the reading of traces, which may be long */
  readonly signal?: AbortSignal | undefined
  /** gets what the scenario leaves to its files, and what of them it does not use as it is */
  readonly onNote?: ((text: string) => void) | undefined
  /** gets how much of a large trace has been read */
  readonly onProgress?: Progress | undefined
}

/** A trace of so many bytes takes a second to read, or more. */
const LARGE_BYTES = 32e6

/**
 * Loads a scenario, surveys its traces and reads its recorded clients. A loaded one stays as it
 * was loaded. Throws `Failure`.
 */
export async function prepare(
  source: string | ScenarioText | LoadedScenario,
  options: PrepareOptions,
): Promise<Prepared> {
  const loaded = isLoaded(source) ? source : await loadScenario(source, options)
  const traces = new Map<number, TraceSurvey>()
  const clients = new Map<number, readonly RecordedClient[]>()
  const { scenario, directory } = loaded
  for (const text of loaded.notes) options.onNote?.(text)
  const onProgress = () => throwIfAborted(options.signal)
  const reading = (file: string) => (read: { bytes: number; totalBytes: number }) => {
    onProgress()
    if (read.totalBytes < LARGE_BYTES) return
    options.onProgress?.(`reading ${file}`, read.bytes, read.totalBytes)
  }
  for (const [index, { arrivals }] of scenario.traffic.entries()) {
    if (arrivals.process === 'trace') {
      await expectTrace(arrivals, directory, options.signal)
      traces.set(
        index,
        await surveyTrace(arrivals, directory, { onProgress: reading(arrivals.file) }),
      )
    }
    if (arrivals.process !== 'servegen') continue
    const { duration_s } = scenario
    clients.set(index, await readServegen(arrivals, directory, duration_s, onProgress))
  }
  for (const text of doubtfulValues(scenario)) options.onNote?.(text)
  for (const text of unclaimedRows(scenario, traces)) options.onNote?.(text)
  const contents = await contentsOf(scenario, directory)
  onProgress()
  const prepared = { ...loaded, traces, clients, contents, allowed: allowedLoad(options) }
  for (const text of await sampleLengths(prepared)) options.onNote?.(text)
  return prepared
}

/**
 * What is drawn of a system; null where all of its inputs are known, also where it includes those
 * of sources and these have none.
 */
export function unknownOf({ uncertain }: Pick<System, 'uncertain'>): Uncertain | null {
  return uncertain === undefined || uncertain.inputs.length === 0 ? null : uncertain
}

const isLoaded = (source: string | ScenarioText | LoadedScenario): source is LoadedScenario =>
  typeof source !== 'string' && 'scenario' in source

/** One reading of each file, whatever number of pools runs it. */
async function contentsOf(scenario: Scenario, directory: string): Promise<Prepared['contents']> {
  const byName = new Map<string, string | Failure | null>()
  const contents: (string | Failure | null)[] = []
  for (const { model, precision } of scenario.pools) {
    const name = `${model} ${precision}`
    if (!byName.has(name)) {
      byName.set(name, await contentOf(scenario.models[model]!, precision, directory))
    }
    contents.push(byName.get(name)!)
  }
  return contents
}

/**
 * The profile that the scenario needs; null where all its work is declared. By default that of this
 * machine, and where it lacks a model that one of those that ship has, that one.
 */
export async function profileFor(
  loaded: Pick<LoadedScenario, 'scenario'>,
  path?: string,
): Promise<Profile | null> {
  return profileForAll([loaded], path)
}

/** The same for several scenarios: one profile for all of them. */
export async function profileForAll(
  sides: readonly Pick<LoadedScenario, 'scenario'>[],
  path?: string,
): Promise<Profile | null> {
  const keys = sides.flatMap(({ scenario }) =>
    scenario.pools.flatMap((pool) =>
      'work' in scenario.models[pool.model]! ? [] : [modelKey(scenario, pool)],
    ),
  )
  if (keys.length === 0 && path === undefined) return null
  const profile = await loadProfile(path)
  const hasAll = ({ models }: Profile) =>
    keys.every((wanted) => models.some(({ key }) => key === wanted))
  if (path !== undefined || hasAll(profile)) return profile
  for (const name of SHIPPED_PROFILES) {
    const shipped = await loadProfile(shippedProfilePath(name))
    if (hasAll(shipped)) return shipped
  }
  return profile
}

export interface LoadOptions extends PrepareOptions {
  /**
   * a profile or the path of one; by default this machine's, or else the reference profile; null:
   * none
   */
  readonly profile?: Profile | string | null | undefined
}

/** The models of the pools of a scenario in the profile that `loadSystem` resolves it with. */
export async function measuredModels(
  loaded: LoadedScenario,
  profile: LoadOptions['profile'],
): Promise<(ModelProfile | null)[]> {
  const { scenario, file, directory } = loaded
  const contents = await contentsOf(scenario, directory)
  const measured = typeof profile === 'object' ? profile : await profileFor(loaded, profile)
  return modelProfiles({ scenario, file, contents }, measured)
}

/**
 * Loads a scenario file with the traces and models that it names, and resolves it with a profile to
 * the system that simulations and replays take. Throws `Failure`, which states what is wrong where.
 */
export async function loadSystem(
  source: string | ScenarioText | LoadedScenario,
  options: LoadOptions = {},
): Promise<System> {
  const { profile, ...rest } = options
  const prepared = await prepare(source, rest)
  const loaded = typeof profile === 'object' ? profile : await profileFor(prepared, profile)
  return resolveSystem(prepared, loaded)
}

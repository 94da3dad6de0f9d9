import { basename, dirname } from 'node:path'
import { EXIT, Failure, hashOf, modelKey, modelLabel } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import { resolveSystem } from '../../sim/experiment/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { keptProfile, refuseOtherModels } from '../folders/profile-file.ts'
import {
  AGAINST_FOLDER,
  readMeasured,
  readRuns,
  readScenario,
  settleRuns,
} from '../folders/run-folder.ts'
import { learn, type ReplayedScenario } from './learn.ts'
import type { Prepared } from './prepare.ts'

/** A folder of replays as a profile learns from it, without their rows. */
interface ReplayFolder extends Omit<ReplayedScenario, 'runs'> {
  readonly folder: string
  /** the one that its replays were made with */
  readonly profile: Profile
  /** where its replays ran */
  readonly host: Result['host']
}

async function replayFolder(folder: string): Promise<ReplayFolder> {
  await settleRuns(folder)
  const scenario = await readScenario(folder)
  const measured = await readMeasured(folder)
  // both sides of a what-if have one profile
  const holder = basename(folder) === AGAINST_FOLDER ? dirname(folder) : folder
  const profile = await keptProfile(holder, measured)
  const { load, host, stability } = measured
  if (stability.state === 'OVERLOADED') {
    const text = `its replays were overloaded (${stability.reason}), so their executors never waited`
    throw new Failure(`${folder}: ${text}; learn from replays at a lower load`, EXIT.notComparable)
  }
  return { folder, scenario, load: load ?? 0, profile, host }
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
 * A profile of a scenario's models with speed fields and overheads of replays. Work and wake-up
 * cost are those of the profiles that the replays were made with, so a profile never mixes hosts.
 */
export async function learnFromReplays(
  prepared: Prepared,
  folders: readonly [string, ...string[]],
): Promise<Profile> {
  const [first, ...others] = folders
  const replayFolders: [ReplayFolder, ...ReplayFolder[]] = [await replayFolder(first)]
  for (const folder of others) replayFolders.push(await replayFolder(folder))
  const workProfile = knownWork(replayFolders)
  const wanted = new Set(resolveSystem(prepared, workProfile).models.map((model) => model?.key))
  const contents = new Map(workProfile.models.map(({ key, content }) => [key, content]))
  const replayed: ReplayedScenario[] = []
  for (const { folder, scenario, load, profile, host } of replayFolders) {
    await refuseOtherModels(folder, contents)
    const refuse = (what: string) => new Failure(`${folder}: ${what}`, EXIT.notComparable)
    if (host === null || hashOf(host) !== hashOf(profile.host)) {
      throw refuse('its profile was measured on another host; replay with a profile of this one')
    }
    const unwanted = !scenario.pools.some((pool) => wanted.has(modelKey(scenario, pool)))
    if (unwanted) throw refuse(`has no replay of a model of ${prepared.file}`)
    for (const pool of scenario.pools) {
      if (workProfile.models.some(({ key }) => key === modelKey(scenario, pool))) continue
      throw refuse(
        `has replays of ${modelLabel(scenario, pool)}, which was not calibrated; run: spillway calibrate`,
      )
    }
    const runs = await readRuns(folder, 'replay', scenario)
    if (runs.length === 0) throw refuse(`has no replay of a model of ${prepared.file}`)
    if (runs.some(({ connections }) => connections !== undefined)) {
      throw refuse('has replays against a server, which hides the times of its batches')
    }
    replayed.push({ scenario, runs, load })
  }
  const models = learn(workProfile.models, replayed)
  return { ...workProfile, models: models.filter(({ key }) => wanted.has(key)) }
}

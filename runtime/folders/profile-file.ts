import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EXIT, Failure, hashOf } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import { type Profile, profileSchema, withEarlierOccasions } from '../../sim/world/index.ts'
import { readJson } from './documents.ts'
import { localProfilePath, shippedProfilePath } from './profile-paths.ts'

/** The profile at `path`; by default this machine's profile, or else the one that ships. */
export async function loadProfile(path?: string): Promise<Profile> {
  const local = localProfilePath()
  if (path !== undefined || !existsSync(local)) return readProfile(path ?? shippedProfilePath())
  try {
    return await readProfile(local)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const advice = `${local}: delete it, or run: spillway calibrate SCENARIO`
    throw new Failure([...error.problems, advice], error.exitCode)
  }
}

/** The profile that will be replaced; null if it is missing, or broken in the cache. */
export async function knownProfile(
  file: string,
  onWarning: (text: string) => void,
): Promise<Profile | null> {
  if (!existsSync(file)) return null
  try {
    return await loadProfile(file)
  } catch (error) {
    if (!(error instanceof Failure) || file !== localProfilePath()) throw error
    for (const text of [...error.problems, `${file} is replaced`]) onWarning(text)
    return null
  }
}

const readProfile = (path: string) =>
  readJson(path, profileSchema, 'not a profile of this version; run: spillway calibrate')

const hashes = new WeakMap<Profile, string>()

/** Over everything but the host, so that it names the figures. */
export function profileHash(profile: Profile): string {
  const hash = hashes.get(profile) ?? hashOf({ ...profile, host: null })
  hashes.set(profile, hash)
  return hash
}

/** How documents name a profile. */
export const profileLabel = (profile: Profile) => ({
  name: profile.name,
  hash: profileHash(profile),
})

/** The profile of a folder's replays. Throws `Failure` if the folder has another one or none. */
export async function keptProfile(directory: string, { profile }: Result): Promise<Profile> {
  const path = join(directory, 'profile.json')
  const kept = await readProfile(path)
  const hash = profileHash(kept)
  if (hash === profile?.hash) return kept
  const text = `replays here were made with profile ${profile?.hash}, but this is ${hash}`
  throw new Failure(`${path}: ${text}; choose one with --profile`, EXIT.notComparable)
}

/** Throws `Failure` if the replays of a folder ran models other than `contents` has, by key. */
export async function refuseOtherModels(
  directory: string,
  contents: ReadonlyMap<string, string>,
): Promise<void> {
  const path = join(directory, 'profile.json')
  if (!existsSync(path)) return
  const { models } = await readProfile(path)
  const problems = models.flatMap(({ key, label, content }) => {
    const now = contents.get(key) ?? content
    if (now === content) return []
    return [`${path}: replays here ran another ${label}: ${content}, but it is now ${now}`]
  })
  if (problems.length === 0) return
  throw new Failure(
    [...problems, `replay again: spillway replay SCENARIO --out ${directory}`],
    EXIT.notComparable,
  )
}

/**
 * A profile with some models measured again; the others are kept if they are from this machine. A
 * model whose file is the same keeps the occasions of its earlier calibrations.
 */
export function mergeProfiles(fresh: Profile, old: Profile | null): Profile {
  if (old === null || hashOf(old.host) !== hashOf(fresh.host)) return fresh
  const keys = new Set(fresh.models.map(({ key }) => key))
  const models = fresh.models.map((model) => {
    const previous = old.models.find(({ key }) => key === model.key)
    if (previous === undefined || previous.content !== model.content) return model
    // it is measured only if a pool needs it, and stays valid while the file is the same
    const memory = model.memory ?? previous.memory
    return withEarlierOccasions({ ...model, memory }, previous)
  })
  return { ...fresh, models: [...old.models.filter(({ key }) => !keys.has(key)), ...models] }
}

import { resolveSystem } from '../../sim/experiment/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { loadProfile } from '../folders/profile-file.ts'
import { type Prepared, type PrepareOptions, prepare, type System } from './prepare.ts'

export interface LoadOptions extends PrepareOptions {
  /** a profile or the path of one; by default the reference profile, where a model needs one */
  readonly profile?: Profile | string | undefined
}

/**
 * Loads a scenario file with the traces and models that it names, and resolves it with a profile to
 * the system that simulations and replays take. Throws `Failure`, which states what is wrong where.
 */
export async function loadSystem(path: string, options: LoadOptions = {}): Promise<System> {
  const { profile, ...rest } = options
  const prepared = await prepare(path, rest)
  const known = typeof profile === 'object' ? profile : await profileFor(prepared, profile)
  return resolveSystem(prepared, known)
}

/** The profile that the scenario needs; null where all its work is declared. */
export async function profileFor({ scenario }: Prepared, path?: string): Promise<Profile | null> {
  const declared = scenario.pools.every((pool) => 'work' in scenario.models[pool.model]!)
  return declared && path === undefined ? null : loadProfile(path)
}

import type { Profile } from '../../sim/world/index.ts'
import { loadProfile } from '../folders/profile-file.ts'
import type { Prepared } from './prepare.ts'

/** The profile that the scenario needs; null where all its work is declared. */
export async function profileFor({ scenario }: Prepared, path?: string): Promise<Profile | null> {
  const declared = scenario.pools.every((pool) => 'work' in scenario.models[pool.model]!)
  return declared && path === undefined ? null : loadProfile(path)
}

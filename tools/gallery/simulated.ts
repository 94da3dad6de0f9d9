import { type ShippedProfile, shippedProfilePath } from '../../runtime/folders/profile-paths.ts'
import { loadSystem } from '../../runtime/jobs/prepare.ts'
import { simulate } from '../../runtime/jobs/simulate.ts'
import type { Result } from '../../sim/documents/index.ts'
import { LIBRARY, traceSet } from './sources.ts'

/** The option of commands whose models have their times from a profile that ships. */
export const profileOption = (name: ShippedProfile) => `--profile scenarios/profiles/${name}.json`

/** A shipped scenario, and what is changed of it. */
export interface SimulatedScenario {
  readonly scenario: string
  readonly set?: readonly string[]
  /** that its models have their times from, if any */
  readonly profile?: ShippedProfile
}

export const pathOf = (scenario: string) => `${LIBRARY}/${scenario}.yaml`

/** Simulates as the command does: the replications of its default, and the seed of the file. */
export async function simulated(
  { scenario, set = [], profile }: SimulatedScenario,
  replications?: number,
): Promise<Result> {
  const system = await loadSystem(pathOf(scenario), {
    set: [...traceSet(scenario), ...set],
    // never that of this machine
    profile: shippedProfilePath(profile),
  })
  return simulate(system, { replications, oracle: true })
}

/** The command that prints the figures of a simulation. */
export function simulateCommand({ scenario, set = [], profile: name }: SimulatedScenario): string {
  const sets = set.map((text) => ` --set ${/[\s{[]/.test(text) ? `"${text}"` : text}`)
  const profile = name === undefined ? '' : ` ${profileOption(name)}`
  return `spillway simulate ${scenario}${sets.join('')}${profile}`
}

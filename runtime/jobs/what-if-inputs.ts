import type { ObservedRun, SimulationInput } from '../../sim/experiment/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import type { Profile } from '../../sim/world/index.ts'
import { fieldsFor, learn } from './learn.ts'
import { loadOf, modelsOf, type Prepared, simulationInput } from './prepare.ts'

/** One side of a what-if: a scenario and the requests that it is given. */
export interface WhatIfSide {
  readonly prepared: Prepared
  readonly requests: RequestList
}

/**
 * Both sides of a what-if, as the replays of the first predict them: the machine as those recorded
 * it, and on the second side the work of its own models. Pools go by name.
 */
export function whatIfInputs(
  sides: readonly [WhatIfSide, WhatIfSide],
  profile: Profile,
  runs: readonly ObservedRun[],
): [SimulationInput, SimulationInput] {
  const [first, second] = [sides[0].prepared, sides[1].prepared]
  const { scenario } = first
  const known = modelsOf(first, profile).filter((model) => model !== null)
  const models = learn(known, [{ scenario, runs, load: 0 }])
  const input = simulationInput(first, { ...profile, models })
  const changed = simulationInput(second, profile)
  const rateRps = sides[1].requests.count / second.scenario.duration_s
  const load = loadOf(rateRps, changed)
  const shared = changed.models.map((own, i) => {
    const pool = second.scenario.pools[i]!
    const j = scenario.pools.findIndex(({ name }) => name === pool.name)
    const recorded = input.models[j]
    if (own === null || recorded == null) return own
    const calibrated = known.find(({ key }) => key === recorded.key)!
    const { replicas } = scenario.pools[j]!
    const fields = fieldsFor({ replicas: pool.replicas, load }, { recorded, calibrated, replicas })
    return { ...recorded, work: own.work, memory: own.memory, fields }
  })
  return [
    { ...input, requests: sides[0].requests },
    { ...changed, models: shared, requests: sides[1].requests },
  ]
}

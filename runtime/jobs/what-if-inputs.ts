import {
  loadOf,
  type ObservedRun,
  resolveSystem,
  type SimulationInput,
} from '../../sim/experiment/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'
import { fieldsFor, learn } from './learn.ts'
import type { System } from './prepare.ts'

/** One side of a what-if: a system and the requests that it is given. */
export interface WhatIfSide {
  readonly system: System
  readonly requests: RequestList
}

/**
 * Both sides of a what-if: the machine as in the replays of the first side, and on the second side
 * the work of its own models. Pools are matched by name.
 */
export function whatIfInputs(
  sides: readonly [WhatIfSide, WhatIfSide],
  runs: readonly ObservedRun[],
): [SimulationInput, SimulationInput] {
  const [first, changed] = [sides[0].system, sides[1].system]
  const { scenario, profile } = first
  const profiles = first.models.filter((model) => model !== null)
  const models = learn(profiles, [{ scenario, runs, load: 0 }])
  const input = resolveSystem(first, profile && { ...profile, models })
  const rateRps = sides[1].requests.count / changed.scenario.duration_s
  const load = loadOf(rateRps, changed)
  const shared = changed.models.map((model, i) => {
    const pool = changed.scenario.pools[i]!
    const j = scenario.pools.findIndex(({ name }) => name === pool.name)
    const recorded = input.models[j]
    if (model === null || recorded == null) return model
    const calibrated = profiles.find(({ key }) => key === recorded.key)!
    const { replicas } = scenario.pools[j]!
    const fields = fieldsFor({ replicas: pool.replicas, load }, { recorded, calibrated, replicas })
    return { ...recorded, work: model.work, memory: model.memory, fields }
  })
  return [
    { ...input, requests: sides[0].requests },
    { ...changed, models: shared, requests: sides[1].requests },
  ]
}

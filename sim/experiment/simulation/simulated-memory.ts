import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type ActivationPlan, declaredPlan } from '../../memory/index.ts'
import type { ServingPlan } from '../../serving/index.ts'
import { type ModelProfile, WorldMemory } from '../../world/index.ts'

/**
 * What a batch of each pool does with memory: declared, or as a calibration found it. Null where
 * the pool does not say `memory`, or generates.
 */
export function activationsOf(
  { pools, models: declared }: Scenario,
  models: readonly (ModelProfile | null)[],
): (ActivationPlan | null)[] {
  return pools.map((pool, i) => {
    if (pool.memory === undefined || pool.generation !== undefined) return null
    const model = declared[pool.model]!
    if (!('work' in model)) return models[i]?.memory ?? null
    return model.memory === undefined ? null : declaredPlan(model.memory, pool.precision)
  })
}

/** The memory of a simulated world; null where no pool says `memory`. */
export function simulatedMemory(of: {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  readonly activations: readonly (ActivationPlan | null)[]
  readonly maps: boolean
}): WorldMemory | null {
  return of.activations.some((activations) => activations !== null) ? new WorldMemory(of) : null
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type ActivationPlan, declaredPlan } from '../../memory/index.ts'
import type { ModelProfile } from '../../world/index.ts'

/**
 * What a batch of each pool does with memory: declared, or as a calibration measured it. Null where
 * the pool has no `memory`, or generates.
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

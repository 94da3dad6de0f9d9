import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { ActivationPlan } from '../../memory/index.ts'
import type { ServingPlan } from '../../serving/index.ts'
import { WorldMemory } from '../../world/index.ts'

/** The memory of a simulated world; null where no pool says `memory`. */
export function simulatedMemory(of: {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  readonly activations: readonly (ActivationPlan | null)[]
  readonly maps: boolean
}): WorldMemory | null {
  return of.activations.some((activations) => activations !== null) ? new WorldMemory(of) : null
}

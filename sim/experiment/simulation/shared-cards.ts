import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type ServingPlan, topologyOf } from '../../serving/index.ts'
import { type DevicePower, SharedCards } from '../../world/index.ts'

/** The cards that replicas share; null where none is shared. */
export function sharedCards(
  { cards = [], pools, warmup_s }: Scenario,
  plan: ServingPlan,
  power: DevicePower | null,
): SharedCards | null {
  if (cards.length === 0) return null
  const cardOf = topologyOf(plan).poolOf.map((pool) => pools[pool]!.card)
  const plans = cards.map(({ name, switch_share: switchShare }) => ({
    executors: [...cardOf.keys()].filter((executor) => cardOf[executor] === name),
    switchShare,
  }))
  return new SharedCards(plans, 1000 * warmup_s, power)
}

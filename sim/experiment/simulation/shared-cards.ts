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

/**
 * Of each pool, the time of its batches and steps over what they would take with the card to
 * themselves; null without a shared card, NaN without work.
 */
export function slowdowns(
  { pools }: Scenario,
  plan: ServingPlan,
  cards: SharedCards | null,
): (number | null)[] {
  const { executorsOf } = topologyOf(plan)
  return pools.map(({ card }, index) => {
    if (card === undefined || cards === null) return null
    const own = executorsOf[index]!.map((executor) => cards.sliced(executor)!)
    const [sharedMs, aloneMs] = [
      own.reduce((sum, time) => sum + time.sharedMs, 0),
      own.reduce((sum, time) => sum + time.aloneMs, 0),
    ]
    return sharedMs / aloneMs
  })
}

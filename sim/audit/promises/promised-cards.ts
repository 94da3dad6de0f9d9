import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** A card that the replicas of pools share by time slicing. */
export interface PromisedCard {
  /** numbers of its pools */
  readonly pools: readonly number[]
  /** share of its time that is lost while several replicas have work */
  readonly switchShare: number
  /**
   * Of each pool, the time of a batch that has the card to itself, ms, by its size and the tokens
   * that it computes; null where it is drawn, or follows from an accelerator.
   */
  readonly aloneMs: readonly (BatchTime | null)[]
}

type BatchTime = (size: number, tokens: number) => number

/** Absent where no card is shared. */
export function promisedCards(scenario: Scenario): readonly PromisedCard[] | undefined {
  return scenario.cards?.map(({ name, switch_share }) => {
    const pools = [...scenario.pools.keys()].filter((pool) => scenario.pools[pool]!.card === name)
    return {
      pools,
      switchShare: switch_share,
      aloneMs: pools.map((pool) => batchTime(scenario, scenario.pools[pool]!)),
    }
  })
}

function batchTime({ models }: Scenario, { model }: Scenario['pools'][number]): BatchTime | null {
  const described = models[model]!
  if (!('work' in described)) return null
  const { work } = described
  // rows do not show whether a batch had a cold start
  if ('setup_ms' in work && work.setup_ms !== undefined) return null
  if (work.law === 'constant') return () => work.ms
  if (work.law !== 'linear') return null
  const { base_ms, per_item_ms, per_token_ms } = work
  return (size, tokens) => base_ms + per_item_ms * size + per_token_ms * tokens
}

import { replicaPrice, sharersOf } from '../../../scenarios/schema/pool-accelerator.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Cost } from '../../documents/index.ts'
import { estimate } from '../../stats/index.ts'

/**
 * What the replicas of a scenario cost, US dollars; null where a pool has no price.
 * `servedRps`: served requests/s of each run; `tokensPerS`: their generated tokens.
 */
export function costOf(
  { pools }: Pick<Scenario, 'pools'>,
  servedRps: readonly number[],
  tokensPerS: readonly number[] = [],
): Cost | null {
  const usd_per_hour = hourlyCost(pools)
  if (usd_per_hour === null) return null
  const perMillion = (rates: readonly number[]) =>
    estimate(
      rates.map((rate) => (usd_per_hour / (3600 * rate)) * 1e6),
      rates.length,
    )
  return {
    usd_per_hour,
    usd_per_million: perMillion(servedRps),
    usd_per_million_tokens: tokensPerS.some((rate) => rate > 0) ? perMillion(tokensPerS) : null,
  }
}

/** Price of all replicas, US dollars an hour; null where a pool has none. */
export function hourlyCost(pools: Scenario['pools']): number | null {
  return pools.reduce<number | null>((sum, pool) => {
    const price = replicaPrice(pool, sharersOf(pools, pool))
    return sum === null || price === null ? null : sum + pool.replicas * price
  }, 0)
}

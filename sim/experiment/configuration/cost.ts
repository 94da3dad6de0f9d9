import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Cost } from '../../documents/index.ts'
import { estimate } from '../../stats/index.ts'

/**
 * What the replicas of a scenario cost, US dollars; null where a pool has no price.
 * `servedRps`: served requests/s of each run.
 */
export function costOf(
  { pools }: Pick<Scenario, 'pools'>,
  servedRps: readonly number[],
): Cost | null {
  const usd_per_hour = hourlyCost(pools)
  if (usd_per_hour === null) return null
  return {
    usd_per_hour,
    usd_per_million: estimate(
      servedRps.map((rps) => (usd_per_hour / (3600 * rps)) * 1e6),
      servedRps.length,
    ),
  }
}

/** Price of all replicas, US dollars an hour; null where a pool has none. */
export function hourlyCost(pools: Scenario['pools']): number | null {
  return pools.reduce<number | null>((sum, pool) => {
    const price = replicaPrice(pool)
    return sum === null || price === null ? null : sum + pool.replicas * price
  }, 0)
}

/**
 * Price of one replica, US dollars an hour: as stated, or the lowest on-demand price of its
 * accelerators in the catalogue; null without either.
 */
export function replicaPrice({
  price_usd_per_hour: stated,
  accelerator,
  tensor_parallel: cards = 1,
}: Scenario['pools'][number]): number | null {
  if (stated !== undefined) return stated
  if (typeof accelerator === 'string') return null
  const prices = accelerator.prices.flatMap(({ tier, usd_per_hour }) =>
    tier === 'on-demand' ? [usd_per_hour] : [],
  )
  return prices.length === 0 ? null : cards * Math.min(...prices)
}

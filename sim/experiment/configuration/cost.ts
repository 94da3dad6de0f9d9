import { replicaPrice, sharersOf } from '../../../scenarios/schema/pool-accelerator.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Cost } from '../../documents/index.ts'
import { estimate } from '../../stats/index.ts'

interface Served {
  readonly served: number
  readonly servedInTraffic: number
  /** tokens of all served requests */
  readonly generated: number
}

/**
 * Requests and tokens that a run serves in each of the `seconds` after its warm-up while its
 * traffic lasts. What is served later needs time of its own.
 */
export function servedRates(classes: readonly Served[], seconds: number) {
  const sum = (of: (served: Served) => number) =>
    classes.reduce((total, served) => total + of(served), 0)
  const tokens = sum(({ served, servedInTraffic, generated }) =>
    served === 0 ? 0 : (generated / served) * servedInTraffic,
  )
  return {
    rps: sum(({ servedInTraffic }) => servedInTraffic) / seconds,
    tokensPerS: tokens / seconds,
  }
}

/**
 * What the replicas of a scenario cost, US dollars; null where a pool has no price.
 * `servedRps`: served requests/s of each run; `tokensPerS`: their generated tokens; `replicas`: of
 * each run by pool, where pools are scaled.
 */
export function costOf(
  { pools }: Pick<Scenario, 'pools'>,
  servedRps: readonly number[],
  tokensPerS: readonly number[] = [],
  replicas: readonly (readonly number[])[] = [],
): Cost | null {
  const each = servedRps.map((_, run) => hourlyCost(pools, replicas[run]))
  if (each.some((hour) => hour === null)) return null
  const hours = each as number[]
  const perMillion = (rates: readonly number[]) =>
    estimate(
      rates.map((rate, run) => (hours[run]! / (3600 * rate)) * 1e6),
      rates.length,
    )
  return {
    usd_per_hour: meanOf(hours),
    usd_per_million: perMillion(servedRps),
    usd_per_million_tokens: tokensPerS.some((rate) => rate > 0) ? perMillion(tokensPerS) : null,
  }
}

/**
 * Price of a million requests where every replica that a pool may have runs full batches, US
 * dollars; null where a pool has no price or the capacity is not known. A pool that scales then
 * has all its replicas, and its warm pool beside them.
 */
export function costAtCapacity(
  pools: Scenario['pools'],
  capacityRps: number | null,
): number | null {
  const most = pools.map(({ replicas, scaling }) => replicas + (scaling?.warm ?? 0))
  const hour = hourlyCost(pools, most)
  return hour === null || capacityRps === null ? null : (hour / (3600 * capacityRps)) * 1e6
}

/** Price of all replicas, US dollars an hour; null where a pool has none. */
export function hourlyCost(
  pools: Scenario['pools'],
  replicas: readonly number[] = pools.map((pool) => pool.replicas),
): number | null {
  return pools.reduce<number | null>((sum, pool, i) => {
    const price = replicaPrice(pool, sharersOf(pools, pool))
    return sum === null || price === null ? null : sum + replicas[i]! * price
  }, 0)
}

/** Equal values are their own mean, to the last bit. */
export function meanOf(values: readonly number[]): number {
  const [first = Number.NaN] = values
  if (values.every((value) => value === first)) return first
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

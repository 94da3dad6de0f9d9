import type { ServingPlan } from '../../serving/index.ts'
import { entryPools, type RoutedClass, routedShares, targetOf } from './routed-shares.ts'

/**
 * Capacity of all pools together, requests/s. A prefilled request must also be decoded. Classes
 * with a model have the share of their weight, and only the pools of that model. Where the router
 * sends each pool a share of the requests, whatever its load is, the first pool that has enough of
 * it is the limit. Null where the capacity of a pool is not known.
 */
export function systemCapacity(
  plan: Pick<ServingPlan, 'pools' | 'classes' | 'routing'>,
  poolsRps: readonly (number | null)[],
  routed: readonly RoutedClass[],
): number | null {
  const { pools, classes } = plan
  const rps = poolsRps.filter((poolRps) => poolRps !== null)
  if (rps.length < poolsRps.length) return null
  const shares = routedShares(plan, routed)
  if (shares !== null) {
    return Math.min(...rps.map((own, i) => (shares[i]! > 0 ? own / shares[i]! : endless)))
  }
  const targets = pools.map(targetOf)
  const entries = entryPools(plan)
  const entryRps = (pool: number) => {
    const target = targets[pool]
    if (target === undefined) return rps[pool]!
    const sharing = targets.filter((candidate) => candidate === target).length
    return Math.min(rps[pool]!, rps[target]! / sharing)
  }
  const total = routed.reduce((sum, { weight }) => sum + weight, 0)
  const asked = new Map<string, { readonly among: readonly number[]; weight: number }>()
  for (const [i, { pools: modelPools }] of classes.entries()) {
    const among = modelPools ?? entries
    const known = asked.get(among.join()) ?? { among, weight: 0 }
    known.weight += routed[i]!.weight
    asked.set(among.join(), known)
  }
  const capacities = Array.from(asked.values(), ({ among, weight }) => {
    const share = total > 0 ? weight / total : 1
    return among.reduce((sum, pool) => sum + entryRps(pool), 0) / share
  })
  return Math.min(...capacities)
}

const endless = Number.POSITIVE_INFINITY

import type { ServingPlan } from '../../serving/index.ts'

/**
 * Capacity of all pools together, requests/s. A prefilled request must also be decoded. Classes
 * with a model have the share of their weight, and only the pools of that model. Null where the
 * capacity of a pool is not known.
 */
export function systemCapacity(
  { pools, classes }: Pick<ServingPlan, 'pools' | 'classes'>,
  poolsRps: readonly (number | null)[],
  weights: readonly number[],
): number | null {
  const rps = poolsRps.filter((poolRps) => poolRps !== null)
  if (rps.length < poolsRps.length) return null
  const targets = pools.map(({ generation }) => generation?.handOver?.pool)
  const entries = [...pools.keys()].filter((pool) => !targets.includes(pool))
  const entryRps = (pool: number) => {
    const target = targets[pool]
    if (target === undefined) return rps[pool]!
    const sharing = targets.filter((candidate) => candidate === target).length
    return Math.min(rps[pool]!, rps[target]! / sharing)
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const asked = new Map<string, { readonly among: readonly number[]; weight: number }>()
  for (const [i, { pools: modelPools }] of classes.entries()) {
    const among = modelPools ?? entries
    const known = asked.get(among.join()) ?? { among, weight: 0 }
    known.weight += weights[i]!
    asked.set(among.join(), known)
  }
  const capacities = Array.from(asked.values(), ({ among, weight }) => {
    const share = total > 0 ? weight / total : 1
    return among.reduce((sum, pool) => sum + entryRps(pool), 0) / share
  })
  return Math.min(...capacities)
}

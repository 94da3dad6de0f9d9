import {
  type PoolPlan,
  type RoutingPlan,
  type ServingPlan,
  settingsOf,
} from '../../serving/index.ts'

/** A class as routers see it that do not look at loads. */
export interface RoutedClass {
  /** its rate or load, in proportion to those of the others */
  readonly weight: number
  /** share of its requests up to a length, 0 to 1 */
  readonly shareUpTo: (length: number) => number
}

type RoutedPlan = Pick<ServingPlan, 'pools' | 'classes' | 'routing'>

/** The pool that decodes what a pool has prefilled; undefined where it does so itself. */
export const targetOf = ({ generation }: PoolPlan) => generation?.handOver?.pool

/** Numbers of the pools that requests arrive at. */
export function entryPools({ pools }: Pick<ServingPlan, 'pools'>): number[] {
  const targets = pools.map(targetOf)
  return [...pools.keys()].filter((pool) => !targets.includes(pool))
}

/** Numbers of the pools whose requests a pool has: its own, and those that hand over to it. */
export function sourcesOf({ pools }: Pick<ServingPlan, 'pools'>, pool: number): number[] {
  return [...pools.keys()].filter((from) => from === pool || targetOf(pools[from]!) === pool)
}

/** Whether requests of a length reach a pool; null where that does not depend on the length. */
export function lengthsTaken(
  plan: Pick<ServingPlan, 'pools' | 'routing'>,
  pool: number,
): ((length: number) => boolean) | null {
  const routing = settingsOf(plan.routing)
  if (routing.policy !== 'length-threshold') return null
  const from = sourcesOf(plan, pool)
  const takesShort = from.includes(routing.short)
  if (takesShort === from.includes(routing.long)) return null
  return (length) => length <= routing.thresholdTokens === takesShort
}

/**
 * The share of all requests that each pool has, where the router does not look at loads: in a long
 * time each pool has its share, full or not. Null for a router that sends a full pool less.
 */
export function routedShares(plan: RoutedPlan, classes: readonly RoutedClass[]): number[] | null {
  const entries = entryPools(plan)
  const total = classes.reduce((sum, { weight }) => sum + weight, 0)
  const arriving = plan.pools.map(() => 0)
  for (const [i, own] of classes.entries()) {
    const among = plan.classes[i]!.pools ?? entries
    const shares = sharesOf(settingsOf(plan.routing), among, own)
    if (shares === null) return null
    const weight = total > 0 ? own.weight / total : 1 / classes.length
    for (const [at, pool] of among.entries()) arriving[pool]! += weight * shares[at]!
  }
  return plan.pools.map((_, pool) =>
    sourcesOf(plan, pool).reduce((sum, from) => sum + arriving[from]!, 0),
  )
}

/** The share of the requests of a class that each of some pools has. */
function sharesOf(
  routing: RoutingPlan,
  among: readonly number[],
  { shareUpTo }: RoutedClass,
): number[] | null {
  switch (routing.policy) {
    case 'random':
    case 'round-robin':
      return among.map(() => 1 / among.length)
    case 'weighted': {
      const weights = among.map((pool) => routing.weights[pool] ?? 1)
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      return weights.map((weight) => weight / total)
    }
    case 'length-threshold': {
      const short = shareUpTo(routing.thresholdTokens)
      return among.map((pool) => {
        if (among.length === 1) return 1
        return pool === routing.short ? short : 1 - short
      })
    }
    default:
      return null
  }
}

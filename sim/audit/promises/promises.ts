import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type PoolPlan, type ServingPlan, servingPlan, topologyOf } from '../../serving/index.ts'
import { leastLoadsMs, withDeclaredMemory } from './declared-memory.ts'
import { type PromisedCard, promisedCards } from './promised-cards.ts'
import { type PromisedFailures, promisedFailures } from './promised-failures.ts'
import { type PromisedReactions, promisedReactions } from './promised-reactions.ts'

/** What a scenario promises: its plan, and what no plan of a control plane has. */
export interface Promises extends ServingPlan {
  /** by pool: the shortest load of its swapped model; undefined where loads are measured */
  readonly leastLoadsMs?: readonly (number | undefined)[]
  /** absent where no card is shared */
  readonly cards?: readonly PromisedCard[] | undefined
  /** by pool; absent where no failure is stated */
  readonly failures?: readonly PromisedFailures[] | undefined
  /** null or absent where requests do not depend on outcomes */
  readonly reactions?: PromisedReactions | null
}

/**
 * Reads the promises from a checked scenario. The plan is made anew, so that a run by another plan
 * is found. Bytes and blocks of declared models are worked out a second time.
 */
export function promisesOf(scenario: Scenario): Promises {
  const plan = servingPlan(scenario)
  const pools = plan.pools.map((pool) => withDeclaredMemory(pool, scenario))
  return {
    ...plan,
    pools,
    leastLoadsMs: leastLoadsMs({ ...plan, pools }, scenario),
    cards: promisedCards(scenario),
    failures: promisedFailures(scenario),
    reactions: promisedReactions(scenario),
  }
}

/** A promised queue, and its executors: `executors` of them from `firstExecutor` on. */
export interface PromisedQueue {
  readonly number: number
  readonly poolIndex: number
  readonly pool: PoolPlan
  readonly firstExecutor: number
  readonly executors: number
}

/** All queues, numbered pool by pool, as executors are. */
export function promisedQueues(promises: Promises): PromisedQueue[] {
  return topologyOf(promises).stations.map(({ pool, firstExecutor, executors }, number) => {
    return { number, poolIndex: pool, pool: promises.pools[pool]!, firstExecutor, executors }
  })
}

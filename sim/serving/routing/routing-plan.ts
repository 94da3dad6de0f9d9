import { replicaPrice } from '../../../scenarios/schema/pool-accelerator.ts'
import {
  type Pool,
  type Router,
  type Routing,
  routing,
  type Scenario,
} from '../../../scenarios/schema/schema.ts'
import { type DeepCamel, inCamelCase } from '../camel-case.ts'
import type { Ms } from '../ports.ts'
import { classTargets } from './latency-targets.ts'

type PoolRouting = Pool['queue']['routing']

/** Policies whose settings name pools or aim at objectives: their plans have numbers for these. */
interface ByScenario {
  /** by candidate; those beyond have weight 1 */
  readonly weighted: { readonly policy: 'weighted'; readonly weights: readonly number[] }
  readonly 'latency-target': {
    readonly policy: 'latency-target'
    /** by class */
    readonly targetsMs: readonly Ms[]
    /** of a replica, by candidate */
    readonly prices: readonly number[]
  }
  readonly 'length-threshold': {
    readonly policy: 'length-threshold'
    readonly thresholdTokens: number
    readonly short: number
    readonly long: number
    /** whether the other one is taken while theirs has no executor; absent for no */
    readonly failOver?: boolean | undefined
  }
}

/**
 * A routing policy and its settings, which are those of the scenario with keys in camel case.
 * Candidates are pools, or the queues of a pool, by number.
 */
export type RoutingPlan =
  | DeepCamel<Exclude<Router, { policy: keyof ByScenario }>>
  | ByScenario[keyof ByScenario]

export type PlanOf<P extends Routing> = Extract<RoutingPlan, { policy: P }>

/** Policies that need no settings. */
type PlainRouting = Extract<PoolRouting, string>

/** A policy with its settings, or by its name with the default ones. */
export type RoutingChoice = PlainRouting | RoutingPlan

/** The plans of policies that were chosen by their names. */
const byName = new Map<PlainRouting, RoutingPlan>()

/** The settings of a policy; of one that is chosen by its name the defaults of the schema. */
export function settingsOf(choice: RoutingChoice): RoutingPlan {
  if (typeof choice !== 'string') return choice
  const cached = byName.get(choice)
  if (cached !== undefined) return cached
  const settings = routing.parse({ policy: choice })
  if (typeof settings === 'string') throw new Error(`Expected settings of ${choice}`)
  const plan = Object.freeze(inCamelCase(settings))
  byName.set(choice, plan)
  return plan
}

/** The router among pools. */
export function routerPlan(scenario: Scenario): RoutingChoice {
  const { router, pools } = scenario
  const indexOf = (name: string) => pools.findIndex((pool) => pool.name === name)
  switch (router.policy) {
    case 'weighted':
      return {
        policy: 'weighted',
        weights: pools.map(({ name }) => router.weights[name] ?? 1),
      }
    case 'latency-target':
      return {
        policy: 'latency-target',
        targetsMs: classTargets(scenario, router.target_ms),
        prices: pools.map((pool) => replicaPrice(pool) ?? 0),
      }
    case 'length-threshold':
      return {
        ...inCamelCase(router),
        short: indexOf(router.short),
        long: indexOf(router.long),
      }
    default:
      return inCamelCase(router)
  }
}

/** The router among the queues of a pool. */
export function queueRoutingPlan(choice: PoolRouting): RoutingChoice {
  return typeof choice === 'string' ? choice : inCamelCase(choice)
}

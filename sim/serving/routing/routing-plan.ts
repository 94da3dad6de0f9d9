import { replicaPrice } from '../../../scenarios/schema/pool-accelerator.ts'
import { type Pool, routing, type Scenario } from '../../../scenarios/schema/schema.ts'
import { type DeepCamel, inCamelCase } from '../camel-case.ts'
import type { Ms } from '../ports.ts'
import { classTargets } from './latency-targets.ts'

/** How old a view of loads may be, ms; 0 for the loads of the instant. */
interface Viewing {
  readonly viewAgeMs: Ms
  /** whether what the router has sent since the last refresh counts; absent where it does not */
  readonly countsOwnSends?: boolean
}

type PoolRouting = Pool['queue']['routing']
/** The settings of a policy in a scenario. */
type SettingsOf<P extends string> = Extract<PoolRouting, { policy: P }>

/** Which of equally loaded candidates is taken. */
export type Ties = 'random' | 'rotating' | 'first'

/** A routing policy and its settings. Candidates are pools, or the queues of a pool, by number. */
export type RoutingPlan =
  | { readonly policy: 'random' }
  | { readonly policy: 'round-robin' }
  | { readonly policy: 'least-work' }
  /** by candidate; those beyond have weight 1 */
  | { readonly policy: 'weighted'; readonly weights: readonly number[] }
  | ({ readonly policy: 'least-loaded'; readonly ties: Ties } & Viewing)
  | ({ readonly policy: 'p2c'; readonly choices: number } & Viewing)
  | DeepCamel<SettingsOf<'peak-ewma' | 'prefix-affinity'>>
  | {
      readonly policy: 'latency-target'
      /** by class */
      readonly targetsMs: readonly Ms[]
      /** of a replica, by candidate */
      readonly prices: readonly number[]
    }
  | {
      readonly policy: 'length-threshold'
      readonly thresholdTokens: number
      readonly short: number
      readonly long: number
      /** whether the other one is taken while theirs has no executor; absent for no */
      readonly failOver?: boolean
    }
  /** Infinity where no load is too high */
  | ({ readonly policy: 'session-affinity'; readonly maxLoadFactor: number } & Viewing)
  | ({ readonly policy: 'spill-over'; readonly maxLoad: number } & Viewing)
  | ({ readonly policy: 'locality'; readonly maxLoad: number } & Viewing)
  | ({
      readonly policy: 'endpoint-picker'
      readonly weights: EndpointWeights
      readonly picker: 'max-score' | 'weighted-random'
      readonly lruBlocks: number
    } & Viewing)

/** What each score of a candidate counts; 0 where it is left out. */
type EndpointWeights = DeepCamel<SettingsOf<'endpoint-picker'>['scorers']>

/** Policies that need no settings. */
type PlainRouting = Extract<PoolRouting, string>

/** A policy with its settings, or by its name with the default ones. */
export type RoutingChoice = PlainRouting | RoutingPlan

/** The plans of policies that were chosen by their names. */
const byName = new Map<PlainRouting, RoutingPlan>()

/** The settings of a policy; of one that is chosen by its name the defaults of the schema. */
export function settingsOf(choice: RoutingChoice): RoutingPlan {
  if (typeof choice !== 'string') return choice
  const known = byName.get(choice)
  if (known !== undefined) return known
  const settings = routing.parse({ policy: choice })
  if (typeof settings === 'string') throw new Error(`Expected settings of ${choice}`)
  const plan = Object.freeze(routingPlan(settings))
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
        policy: 'length-threshold',
        thresholdTokens: router.threshold_tokens,
        short: indexOf(router.short),
        long: indexOf(router.long),
        ...(router.fail_over === true && { failOver: true }),
      }
    case 'spill-over':
    case 'locality':
      return { policy: router.policy, maxLoad: router.max_load, ...viewOf(router) }
    default:
      return queueRoutingPlan(router)
  }
}

/** The router among the queues of a pool. */
export function queueRoutingPlan(choice: PoolRouting): RoutingChoice {
  return typeof choice === 'string' ? choice : routingPlan(choice)
}

function routingPlan(settings: Exclude<PoolRouting, string>): RoutingPlan {
  switch (settings.policy) {
    case 'p2c':
      return { policy: 'p2c', choices: settings.choices, ...viewOf(settings) }
    case 'session-affinity':
      return {
        policy: 'session-affinity',
        maxLoadFactor: settings.max_load_factor ?? Number.POSITIVE_INFINITY,
        ...viewOf(settings),
      }
    case 'least-loaded':
      return { policy: 'least-loaded', ties: settings.ties ?? 'random', ...viewOf(settings) }
    case 'endpoint-picker': {
      const { scorers, ...rest } = settings
      return { ...inCamelCase(rest), weights: inCamelCase(scorers) }
    }
    default:
      return inCamelCase(settings)
  }
}

function viewOf(routing: {
  readonly view_age_ms?: number | undefined
  readonly count_own_sends?: boolean | undefined
}): Viewing {
  const { view_age_ms: viewAgeMs = 0, count_own_sends: countsOwnSends = false } = routing
  return { viewAgeMs, ...(countsOwnSends && { countsOwnSends }) }
}

import { replicaPrice } from '../../../scenarios/schema/pool-accelerator.ts'
import { type Pool, routingDefaults, type Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../ports.ts'
import { classTargets } from './latency-targets.ts'

/** How old a view of loads may be, ms; 0 for the loads of the instant. */
interface Viewing {
  readonly viewAgeMs: Ms
  /** whether what the router has sent since the last refresh counts; absent where it does not */
  readonly countsOwnSends?: boolean
}

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
  | {
      readonly policy: 'peak-ewma'
      readonly choices: number
      readonly decayMs: Ms
      readonly defaultRttMs: Ms
    }
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
  | {
      readonly policy: 'prefix-affinity'
      /** share of a prompt above which the candidate that was sent it is preferred */
      readonly cacheThreshold: number
      /** loads are unequal beyond both bounds: of their difference and of their ratio */
      readonly balanceAbs: number
      readonly balanceRel: number
      /** blocks of prompts that are remembered of each candidate */
      readonly lruBlocks: number
    }
  | ({
      readonly policy: 'endpoint-picker'
      readonly weights: EndpointWeights
      readonly picker: 'max-score' | 'weighted-random'
      readonly lruBlocks: number
    } & Viewing)

/** What each score of a candidate counts; 0 where it is left out. */
export interface EndpointWeights {
  readonly queue: number
  readonly running: number
  readonly kvCache: number
  readonly prefixCache: number
  readonly loadAware: number
}

/** Policies that need no settings. */
export type PlainRouting = Extract<Pool['queue']['routing'], string>

/** A policy with its settings, or by its name with the default ones. */
export type RoutingChoice = PlainRouting | RoutingPlan

const LIVE: Viewing = { viewAgeMs: 0 }

/** The settings of a policy that is chosen by its name. */
const plain: { readonly [K in PlainRouting]: Extract<RoutingPlan, { policy: K }> } = Object.freeze({
  random: { policy: 'random' },
  'round-robin': { policy: 'round-robin' },
  'least-work': { policy: 'least-work' },
  'least-loaded': { policy: 'least-loaded', ties: 'random', ...LIVE },
  p2c: { policy: 'p2c', choices: routingDefaults.choices, ...LIVE },
  'peak-ewma': {
    policy: 'peak-ewma',
    choices: routingDefaults.choices,
    decayMs: routingDefaults.decay_ms,
    defaultRttMs: routingDefaults.default_rtt_ms,
  },
  'session-affinity': {
    policy: 'session-affinity',
    maxLoadFactor: Number.POSITIVE_INFINITY,
    ...LIVE,
  },
  'prefix-affinity': {
    policy: 'prefix-affinity',
    cacheThreshold: routingDefaults.cache_threshold,
    balanceAbs: routingDefaults.balance_abs,
    balanceRel: routingDefaults.balance_rel,
    lruBlocks: routingDefaults.affinity_blocks,
  },
  'endpoint-picker': {
    policy: 'endpoint-picker',
    weights: weightsOf(routingDefaults.scorers),
    picker: 'max-score',
    lruBlocks: routingDefaults.picker_blocks,
    viewAgeMs: routingDefaults.picker_view_age_ms,
  },
})

export function settingsOf(choice: RoutingChoice): RoutingPlan {
  return typeof choice === 'string' ? plain[choice] : choice
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
export function queueRoutingPlan(routing: Pool['queue']['routing']): RoutingChoice {
  if (typeof routing === 'string') return routing
  switch (routing.policy) {
    case 'p2c':
      return { policy: 'p2c', choices: routing.choices, ...viewOf(routing) }
    case 'peak-ewma':
      return {
        policy: 'peak-ewma',
        choices: routing.choices,
        decayMs: routing.decay_ms,
        defaultRttMs: routing.default_rtt_ms,
      }
    case 'session-affinity':
      return {
        policy: 'session-affinity',
        maxLoadFactor: routing.max_load_factor ?? Number.POSITIVE_INFINITY,
        ...viewOf(routing),
      }
    case 'least-loaded':
      return { policy: 'least-loaded', ties: routing.ties ?? 'random', ...viewOf(routing) }
    case 'prefix-affinity':
      return {
        policy: 'prefix-affinity',
        cacheThreshold: routing.cache_threshold,
        balanceAbs: routing.balance_abs,
        balanceRel: routing.balance_rel,
        lruBlocks: routing.lru_blocks,
      }
    case 'endpoint-picker':
      return {
        policy: 'endpoint-picker',
        weights: weightsOf(routing.scorers),
        picker: routing.picker,
        lruBlocks: routing.lru_blocks,
        viewAgeMs: routing.view_age_ms,
      }
    default:
      return routing
  }
}

function viewOf(routing: {
  readonly view_age_ms?: number | undefined
  readonly count_own_sends?: boolean | undefined
}): Viewing {
  const { view_age_ms: viewAgeMs = 0, count_own_sends: countsOwnSends = false } = routing
  return { viewAgeMs, ...(countsOwnSends && { countsOwnSends }) }
}

type Scorers = typeof routingDefaults.scorers

function weightsOf(scorers: { readonly [S in keyof Scorers]: number }): EndpointWeights {
  return {
    queue: scorers.queue,
    running: scorers.running,
    kvCache: scorers.kv_cache,
    prefixCache: scorers.prefix_cache,
    loadAware: scorers.load_aware,
  }
}

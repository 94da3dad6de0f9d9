import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** A policy by its name has the settings of `settled`. */
type Plain =
  | 'random'
  | 'round-robin'
  | 'least-loaded'
  | 'least-work'
  | 'p2c'
  | 'peak-ewma'
  | 'session-affinity'
  | 'prefix-affinity'
  | 'endpoint-picker'

/** Policies whose settings are not needed: without any, or not checked. */
type Bare = 'random' | 'round-robin' | 'least-work' | 'latency-target'

/** A router; candidates are pools, or the queues of a pool, by number. */
export type PromisedRouting =
  | { readonly policy: Bare }
  | { readonly policy: 'weighted'; readonly weights: readonly number[] }
  /** `viewAgeMs`: 0 where loads are seen as they are */
  | {
      readonly policy: 'least-loaded'
      readonly ties: 'random' | 'rotating' | 'first'
      readonly viewAgeMs: number
    }
  | { readonly policy: 'p2c'; readonly choices: number; readonly viewAgeMs: number }
  | { readonly policy: 'peak-ewma'; readonly choices: number }
  | {
      readonly policy: 'length-threshold'
      readonly thresholdTokens: number
      readonly short: number
      readonly long: number
      /** absent for no */
      readonly failOver?: boolean
    }
  | {
      readonly policy: 'session-affinity'
      readonly maxLoadFactor: number
      readonly viewAgeMs: number
    }
  | {
      readonly policy: 'spill-over' | 'locality'
      readonly maxLoad: number
      readonly viewAgeMs: number
    }
  | {
      readonly policy: 'prefix-affinity'
      /** share of a prompt, and bounds of loads: their difference and their ratio */
      readonly cacheThreshold: number
      readonly balanceAbs: number
      readonly balanceRel: number
      /** blocks that are remembered of each candidate */
      readonly lruBlocks: number
    }
  | PromisedPicker

/** Highest sum of weighted scores, each from 0 to 1; load awareness up to one half. */
export interface PromisedPicker {
  readonly policy: 'endpoint-picker'
  readonly weights: {
    readonly queue: number
    readonly running: number
    readonly kvCache: number
    readonly prefixCache: number
    readonly loadAware: number
  }
  readonly picker: 'max-score' | 'weighted-random'
  readonly lruBlocks: number
}

export type PromisedChoice = Plain | PromisedRouting

/** The documented settings of a policy that is chosen by its name. */
export function settled(choice: PromisedChoice): PromisedRouting {
  if (typeof choice !== 'string') return choice
  switch (choice) {
    case 'p2c':
      return { policy: choice, choices: 2, viewAgeMs: 0 }
    case 'peak-ewma':
      return { policy: choice, choices: 2 }
    case 'session-affinity':
      return { policy: choice, maxLoadFactor: Number.POSITIVE_INFINITY, viewAgeMs: 0 }
    case 'least-loaded':
      return { policy: choice, ties: 'random', viewAgeMs: 0 }
    case 'prefix-affinity':
      return {
        policy: choice,
        cacheThreshold: 0.3,
        balanceAbs: 64,
        balanceRel: 1.5,
        lruBlocks: 262_144,
      }
    case 'endpoint-picker':
      return {
        policy: choice,
        weights: { queue: 2, running: 0, kvCache: 2, prefixCache: 3, loadAware: 0 },
        picker: 'max-score',
        lruBlocks: 31_250,
      }
    default:
      return { policy: choice }
  }
}

/** The router among pools. */
export function promisedRouter({ router, pools }: Scenario): PromisedChoice {
  const names = pools.map(({ name }) => name)
  if (router.policy === 'weighted') {
    return { policy: 'weighted', weights: names.map((name) => router.weights[name] ?? 1) }
  }
  if (router.policy === 'length-threshold') {
    return {
      policy: 'length-threshold',
      thresholdTokens: router.threshold_tokens,
      short: names.indexOf(router.short),
      long: names.indexOf(router.long),
      ...(router.fail_over === true && { failOver: true }),
    }
  }
  if (router.policy === 'latency-target') return { policy: router.policy }
  if (router.policy === 'spill-over' || router.policy === 'locality') {
    return { policy: router.policy, maxLoad: router.max_load, viewAgeMs: router.view_age_ms ?? 0 }
  }
  return promisedQueueRouting(router)
}

type QueueRouting = Scenario['pools'][number]['queue']['routing']

/** The router among the queues of a pool. */
export function promisedQueueRouting(routing: QueueRouting): PromisedChoice {
  if (typeof routing === 'string') return routing
  const viewAgeMs = 'view_age_ms' in routing ? (routing.view_age_ms ?? 0) : 0
  if (routing.policy === 'p2c') {
    return { policy: routing.policy, choices: routing.choices, viewAgeMs }
  }
  if (routing.policy === 'peak-ewma') return { policy: routing.policy, choices: routing.choices }
  if (routing.policy === 'session-affinity') {
    const { max_load_factor: maxLoadFactor = Number.POSITIVE_INFINITY } = routing
    return { policy: routing.policy, maxLoadFactor, viewAgeMs }
  }
  if (routing.policy === 'least-loaded') {
    return { policy: routing.policy, ties: routing.ties ?? 'random', viewAgeMs }
  }
  if (routing.policy === 'prefix-affinity') {
    return {
      policy: routing.policy,
      cacheThreshold: routing.cache_threshold,
      balanceAbs: routing.balance_abs,
      balanceRel: routing.balance_rel,
      lruBlocks: routing.lru_blocks,
    }
  }
  if (routing.policy === 'endpoint-picker') {
    const { queue, running, kv_cache, prefix_cache, load_aware } = routing.scorers
    const weights = { queue, running, kvCache: kv_cache, prefixCache: prefix_cache }
    return {
      policy: routing.policy,
      weights: { ...weights, loadAware: load_aware },
      picker: routing.picker,
      lruBlocks: routing.lru_blocks,
    }
  }
  return { policy: routing.policy }
}

import type { PrefixClass } from '../generation/prefix-keys.ts'
import type { Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { RoutingPlan } from './routing-plan.ts'

/** What a router can ask of a candidate: a pool, or a queue of one. */
export interface Candidate {
  /** requests waiting and running, for each of its executors */
  readonly load: number
  /** by how much one more request raises it */
  readonly loadOfOne: number
  /** its number among pools, or among the queues of its pool */
  readonly number: number
  /** false while nothing may be routed to it */
  readonly accepts: boolean
  readonly executors: number
  /** those of them that take batches */
  readonly present: number
  /** what was learnt of the times of its requests; null where no policy asks for it */
  readonly work: PredictedWork | null
  /** requests waiting, and running, for each of its executors */
  readonly waitingEach: number
  readonly runningEach: number
  /** share of the blocks of its KV caches that sequences use; 0 where it generates nothing */
  readonly kvUsage: number
}

/** Predictions of a candidate, from batches that have ended. */
export interface PredictedWork {
  /** Until a request of a length that arrives now would have been served; NaN: unknown. */
  responseMs(tokens: number): Ms
}

/** What a policy sees as it routes a request. */
export interface RouterView {
  readonly candidates: readonly Candidate[]
  /** 1 for candidates that accept nothing, or have a part of the request already */
  readonly taken: Uint8Array
  readonly anyTaken: boolean
  /** requests routed before this one */
  readonly turn: number
  readonly now: Ms
  /** its slot */
  readonly request: number
  readonly requests: Requests
  /** by class, in numbers of `prefixes`: what all its prompts begin with */
  readonly sharedBlocks: readonly number[]
  /** by class: what is known of its prompts */
  readonly classes: readonly PrefixClass[]
  /** the load of a candidate, as old as the view is */
  load(candidate: number): number
  /** as old as the view is; of policies with `metrics` only */
  waiting(candidate: number): number
  running(candidate: number): number
  kvUsage(candidate: number): number
  /** Mean time of a request and its answer on the network, ms; 0 without networks. */
  networkMs(candidate: number): Ms
  /** A draw in (0, 1) that depends on the request, the router and a number only. */
  uniform(number: number): number
}

/** A routing policy: chooses one of the candidates that are not taken. */
export interface RoutingPolicy<P extends RoutingPlan = RoutingPlan, S = unknown> {
  readonly kind: P['policy']
  /** whether it asks candidates for predictions */
  readonly predicts?: boolean
  /** whether it looks at more than the loads of candidates */
  readonly metrics?: boolean
  begin(plan: P, candidates: readonly Candidate[]): S
  choose(state: S, view: RouterView): number
  /** A request was sent to a candidate. */
  sent?(state: S, candidate: number): void
  /** A request that was sent to a candidate has ended, after that time in the pool. */
  ended?(state: S, candidate: number, now: Ms, rttMs: Ms): void
}

/** The candidate that is not taken with the least value; of equals the first. */
export function leastOf(view: RouterView, measure: (candidate: number) => number): number {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < view.candidates.length; i++) {
    if (view.taken[i] !== 0) continue
    const value = measure(i)
    if (best < 0 || value < least) {
      best = i
      least = value
    }
  }
  return best
}

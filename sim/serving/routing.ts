import type { Routing } from '../../scenarios/schema.ts'

/** What a router sees of a candidate: requests waiting and running, for each of its executors. */
export interface Candidate {
  readonly load: number
}

/** A routing policy: chooses one of the candidates; `turn` counts the requests routed so far. */
export interface RoutingPolicy {
  readonly kind: Routing
  choose(candidates: readonly Candidate[], turn: number): number
}

const roundRobin: RoutingPolicy = Object.freeze({
  kind: 'round-robin',
  choose: (candidates: readonly Candidate[], turn: number) => turn % candidates.length,
})

/** The least loaded; of equals the first. */
const leastLoaded: RoutingPolicy = Object.freeze({
  kind: 'least-loaded',
  choose(candidates: readonly Candidate[]) {
    let best = 0
    let bestLoad = candidates[0]!.load
    for (let i = 1; i < candidates.length; i++) {
      const load = candidates[i]!.load
      if (load < bestLoad) {
        best = i
        bestLoad = load
      }
    }
    return best
  },
})

/** Every routing policy, used among pools and, where queues are per replica, within one. */
export const routingPolicies: Readonly<Record<Routing, RoutingPolicy>> = Object.freeze({
  'round-robin': roundRobin,
  'least-loaded': leastLoaded,
})

/** A policy with its place in the round. */
export class Router<C extends Candidate> {
  readonly #policy: RoutingPolicy
  readonly #candidates: readonly C[]
  #turn = 0

  constructor(policy: Routing, candidates: readonly C[]) {
    this.#policy = routingPolicies[policy]
    this.#candidates = candidates
  }

  route(): C {
    if (this.#candidates.length === 1) return this.#candidates[0]!
    return this.#candidates[this.#policy.choose(this.#candidates, this.#turn++)]!
  }
}

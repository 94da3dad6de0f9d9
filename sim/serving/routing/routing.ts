import type { Routing } from '../../../scenarios/schema/schema.ts'

/** What a router sees of a candidate: requests waiting and running, for each of its executors. */
export interface Candidate {
  readonly load: number
  /** false while nothing may be routed to it */
  readonly accepts: boolean
}

/**
 * A routing policy: chooses one of the candidates whose entry in `taken` is 0; `turn` counts the
 * requests routed so far.
 */
export interface RoutingPolicy {
  readonly kind: Routing
  choose(candidates: readonly Candidate[], turn: number, taken: Uint8Array): number
}

/** Candidates in turn. */
const roundRobin: RoutingPolicy = Object.freeze({
  kind: 'round-robin',
  choose(candidates: readonly Candidate[], turn: number, taken: Uint8Array) {
    for (let i = 0; i < candidates.length; i++) {
      const next = (turn + i) % candidates.length
      if (taken[next] === 0) return next
    }
    return -1
  },
})

/** The least loaded; of equals the first. */
const leastLoaded: RoutingPolicy = Object.freeze({
  kind: 'least-loaded',
  choose(candidates: readonly Candidate[], _: number, taken: Uint8Array) {
    let best = -1
    let bestLoad = Number.POSITIVE_INFINITY
    for (let i = 0; i < candidates.length; i++) {
      if (taken[i] !== 0) continue
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
  /** 1 for candidates that have a part of the last request */
  readonly #taken: Uint8Array
  #turn = 0

  constructor(policy: Routing, candidates: readonly C[]) {
    this.#policy = routingPolicies[policy]
    this.#candidates = candidates
    this.#taken = new Uint8Array(candidates.length)
  }

  get first(): C {
    return this.#candidates[0]!
  }

  /** For a request, or the first part of one: null where no candidate accepts requests. */
  route(): C | null {
    if (this.#candidates.length === 1)
      return this.#candidates[0]!.accepts ? this.#candidates[0]! : null
    let open = this.#candidates.length
    for (let i = 0; i < this.#candidates.length; i++) {
      const { accepts } = this.#candidates[i]!
      this.#taken[i] = accepts ? 0 : 1
      if (!accepts) open--
    }
    return open === 0 ? null : this.routeApart()
  }

  /** For a further part: a candidate that has none. */
  routeApart(): C {
    const choice = this.#policy.choose(this.#candidates, this.#turn++, this.#taken)
    if (choice < 0) throw new Error('Expected a replica for each part')
    this.#taken[choice] = 1
    return this.#candidates[choice]!
  }
}

import { Hedges } from './hedging/hedges.ts'
import type { ServingPlan } from './plan.ts'
import type { Ms, Outcome } from './ports.ts'
import type { Requests } from './requests.ts'
import { Retries } from './retries/retries.ts'
import type { Station } from './routing/station.ts'
import type { PoolState, StationRoute } from './routing/stations.ts'

/**
 * The attempts of requests that may have several: copies of hedged classes, which run side by side,
 * and retries by the proxies of pools, one after another, of the other classes.
 */
export class Attempts {
  /** null where no class is hedged */
  readonly hedges: Hedges | null
  /** null where no pool retries */
  readonly #retries: Retries | null
  readonly #requests: Requests
  /** by class */
  readonly #isHedged: readonly boolean[]

  constructor(plan: Pick<ServingPlan, 'classes' | 'pools'>, requests: Requests) {
    const { classes, pools } = plan
    this.#requests = requests
    this.#isHedged = classes.map(({ hedge }) => hedge !== undefined)
    this.hedges = this.#isHedged.includes(true) ? new Hedges(plan, requests) : null
    const retried = pools.some(({ retries }) => retries !== undefined)
    this.#retries = retried ? new Retries(pools, requests) : null
  }

  /** Null where the class of a request is not hedged. */
  #hedgesOf(request: number): Hedges | null {
    return this.#isHedged[this.#requests.class[request]!]! ? this.hedges : null
  }

  /** Sends a further attempt to the pool of the first one. */
  route(now: Ms, request: number): StationRoute {
    return (this.#hedgesOf(request) ?? this.#retries!).route(now, request)
  }

  /** The pool of the first copy of a further one. */
  poolOf(request: number): PoolState {
    return this.hedges!.poolOf(request)
  }

  /** Stations to which other copies of a request that was sent were routed. */
  stationsOf(request: number): readonly Station[] {
    return this.#hedgesOf(request)?.stationsOf(request) ?? []
  }

  /** A request was sent to a pool. */
  sent(now: Ms, request: number, pool: PoolState): void {
    this.#hedgesOf(request)?.sent(now, request, pool)
  }

  /** A request that was sent was routed. Returns whether it is withdrawn at once. */
  routed(now: Ms, request: number, pool: PoolState, station: Station): boolean {
    const hedges = this.#hedgesOf(request)
    if (hedges !== null) return hedges.routed(request, station)
    this.#retries?.routed(now, request, pool, station)
    return false
  }

  /** A request waits in the queue of its station. */
  joined(request: number): void {
    this.#hedgesOf(request)?.joined(request)
  }

  /** A request has run, and would end so. Returns how it ends. */
  ran(now: Ms, request: number, outcome: Outcome): Outcome {
    const hedges = this.#hedgesOf(request)
    return hedges === null ? this.#ended(now, request, outcome) : hedges.ran(now, request, outcome)
  }

  /** A request would end so, and was in no batch. Returns how it ends. */
  lost(now: Ms, request: number, outcome: Outcome): Outcome {
    const hedges = this.#hedgesOf(request)
    if (hedges === null) return this.#ended(now, request, outcome)
    hedges.lost(request, outcome)
    return outcome
  }

  #ended(now: Ms, request: number, outcome: Outcome): Outcome {
    return this.#retries === null ? outcome : this.#retries.ended(now, request, outcome)
  }

  /** A request has left the system. */
  left(now: Ms, request: number): void {
    this.#hedgesOf(request)?.left(now, request)
  }

  /** Calls `withdraw` for each copy that waits in vain, which it has to end. */
  eachInVain(withdraw: (request: number) => void): void {
    this.hedges?.eachInVain(withdraw)
  }
}

/** Null where each request has one attempt. */
export function attemptsOf(
  plan: Pick<ServingPlan, 'classes' | 'pools'>,
  requests: Requests,
): Attempts | null {
  const hasFurther =
    plan.classes.some(({ hedge }) => hedge !== undefined) ||
    plan.pools.some(({ retries }) => retries !== undefined)
  return hasFurther ? new Attempts(plan, requests) : null
}

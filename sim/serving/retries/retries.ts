import type { ServingPlan } from '../plan.ts'
import { type Ms, OUTCOME, type Outcome } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { PoolState, StationRoute } from '../routing/stations.ts'
import { retryDueAt } from './retry-due.ts'
import { type RetryLimit, retryLimit } from './retry-limit.ts'
import type { RetryPlan } from './retry-plan.ts'

/** The attempts of one request that has not ended. */
interface Attempts {
  readonly pool: PoolState
  /** to which attempts were routed, in that order */
  readonly stations: Station[]
}

/** The retries of one pool. */
interface PoolRetries {
  readonly plan: RetryPlan
  readonly limit: RetryLimit
  /** retries that wait for their back-off or are under way */
  retrying: number
}

/**
 * Decides which failed attempts the proxy in front of a pool sends again, and to which replica. The
 * source of the requests sends them, at the time that is stored with the attempt.
 */
export class Retries {
  readonly #requests: Requests
  /** by pool; undefined where nothing is retried */
  readonly #pools: readonly (PoolRetries | undefined)[]
  /** by key of the first attempt */
  readonly #byKey = new Map<number, Attempts>()

  constructor(pools: ServingPlan['pools'], requests: Requests) {
    this.#requests = requests
    this.#pools = pools.map(
      ({ retries: plan }) => plan && { plan, limit: retryLimit(plan.limit), retrying: 0 },
    )
  }

  /** The station of a retry: in the pool of the first attempt, and another one where it can be. */
  route(now: Ms, request: number): StationRoute {
    const attempts = this.#byKey.get(this.#requests.copyOf[request]!)
    if (attempts === undefined) throw new Error('Expected the first attempt to have failed')
    const { pool, stations } = attempts
    const avoided = this.#pools[pool.number]!.plan.avoidsPrevious ? stations : []
    return { pool, station: pool.router.routeCopy(now, request, avoided) }
  }

  /** An attempt was routed. */
  routed(now: Ms, request: number, pool: PoolState, station: Station): void {
    const own = this.#pools[pool.number]
    if (own === undefined) return
    const { copy, copyOf, key } = this.#requests
    if (copy[request]! > 0) this.#byKey.get(copyOf[request]!)!.stations.push(station)
    else {
      own.limit.called(now)
      this.#byKey.set(key[request]!, { pool, stations: [station] })
    }
  }

  /** An attempt would end so. Returns how it ends: `retried` where it is sent again. */
  ended(now: Ms, request: number, outcome: Outcome): Outcome {
    const { pool, copy, copyOf } = this.#requests
    const own = this.#pools[pool[request]!]
    if (own === undefined) return outcome
    const first = copyOf[request]!
    const attempts = this.#byKey.get(first)
    if (attempts === undefined) throw new Error(`Expected request ${first} to have attempts`)
    if (copy[request]! > 0) own.retrying--
    if (this.#retries(now, request, outcome, own, attempts)) return OUTCOME.retried
    this.#byKey.delete(first)
    return outcome
  }

  #retries(
    now: Ms,
    request: number,
    outcome: Outcome,
    own: PoolRetries,
    { pool, stations }: Attempts,
  ): boolean {
    const { retryAt, ownOutcome } = this.#requests
    const made = stations.length - 1
    const at = retryDueAt(own.plan, this.#requests, { now, request, outcome, made })
    if (at === null) return false
    const { inPool } = pool.stations[0]!.admission
    if (!own.limit.allows(now, own.retrying, inPool)) return false
    own.limit.retried(now)
    own.retrying++
    retryAt[request] = at
    ownOutcome[request] = outcome
    return true
  }
}

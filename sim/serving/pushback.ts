import type { ServingPlan } from './plan.ts'
import { type Ms, OUTCOME, REFUSAL } from './ports.ts'
import type { Requests } from './requests.ts'

/** Refusals that no server of the pool sends: those without a replica, and those of the proxy. */
const NOT_OF_SERVER: readonly number[] = [REFUSAL.none, REFUSAL.unavailable, REFUSAL.overflow]

/**
 * What refusals tell clients about their next attempt (gRPC A6, "Pushback"): the time in ms after
 * which it is due; negative for no further attempt.
 */
export class Pushbacks {
  readonly #requests: Requests
  /** by pool; undefined where refusals tell nothing */
  readonly #ofPool: readonly (Ms | undefined)[]

  constructor(ofPool: readonly (Ms | undefined)[], requests: Requests) {
    this.#ofPool = ofPool
    this.#requests = requests
  }

  /** Undefined for a request that was not refused by a server, or whose pool states none. */
  of(request: number): Ms | undefined {
    const { outcome, refusal, pool } = this.#requests
    if (outcome[request] !== OUTCOME.shed) return undefined
    return NOT_OF_SERVER.includes(refusal[request]!) ? undefined : this.#ofPool[pool[request]!]
  }
}

/** Null where no refusal tells clients anything. */
export function pushbacksOf(pools: ServingPlan['pools'], requests: Requests): Pushbacks | null {
  const ofPool = pools.map(({ admission }) => admission.retryPushbackMs)
  return ofPool.every((ms) => ms === undefined) ? null : new Pushbacks(ofPool, requests)
}

/**
 * The time from a failure to the next attempt (gRPC A6, summary of the logic, 4 and 5); Infinity
 * for none. `ownMs`: the time without pushback.
 */
export function nextAttemptAfter(pushbackMs: Ms | undefined, ownMs: Ms): Ms {
  if (pushbackMs === undefined) return ownMs
  return pushbackMs < 0 ? Number.POSITIVE_INFINITY : pushbackMs
}

import type { ServingPlan } from '../plan.ts'
import { type Batch, type Ms, type Observer, OUTCOME, type Outcome } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { PoolState } from '../routing/stations.ts'
import type { HedgePlan } from './hedge-plan.ts'
import { retryDueAt } from './retry-due.ts'
import { type RetryLimit, retryLimit } from './retry-limit.ts'
import type { RetryPlan } from './retry-plan.ts'

/** The retries of one pool. */
interface PoolRetries {
  readonly plan: RetryPlan
  readonly limit: RetryLimit
  /** retries that wait for their back-off or are under way */
  retrying: number
}

/** One request with several attempts that are in the system, or may still come. */
interface Attempted {
  /** key of the first attempt */
  readonly key: number
  readonly pool: PoolState
  /** undefined where attempts are retries of the pool, one after another */
  readonly hedge: HedgePlan | undefined
  /** to which attempts were routed, in that order */
  readonly stations: Station[]
  /** slots of the copies that wait; of retries none, as nothing withdraws them */
  readonly waiting: Set<number> | null
  /** attempts in the system */
  left: number
  /** whether an attempt has begun to run */
  started: boolean
  /** answered, or failed for good */
  answered: boolean
  /** when the last of them ended */
  endedAt: Ms
}

/**
 * A further copy comes at most so long after the others have ended, and a pushback: it may be on
 * its way.
 */
const KEPT_MS = 60_000

const NONE: readonly Station[] = Object.freeze([])

/**
 * The attempts of requests that may have several: copies of hedged classes, which run side by side,
 * and retries by the proxies of pools, one after another, of the other classes. A copy that still
 * waits is withdrawn once another has been answered, or has started where they are tied. Which
 * failed attempts are retried is decided here; the source of the requests sends further attempts.
 */
export class Attempts implements Observer {
  /** whether any class is hedged */
  readonly hasCopies: boolean
  readonly #requests: Requests
  /** by class */
  readonly #hedges: readonly (HedgePlan | undefined)[]
  /** by pool; undefined where nothing is retried */
  readonly #retries: readonly (PoolRetries | undefined)[]
  /** by key of the first attempt */
  readonly #byKey = new Map<number, Attempted>()
  /** by slot */
  readonly #attemptedOf: (Attempted | undefined)[] = []
  /** those with copies to withdraw once the event has been handled */
  readonly #decided: Attempted[] = []
  /** those without an answer or a copy in the system, in order of time, from `#firstEnded` on */
  readonly #ended: Attempted[] = []
  #firstEnded = 0
  readonly #keptMs: Ms

  constructor({ classes, pools }: Pick<ServingPlan, 'classes' | 'pools'>, requests: Requests) {
    this.#requests = requests
    this.#hedges = classes.map(({ hedge }) => hedge)
    this.hasCopies = this.#hedges.some((hedge) => hedge !== undefined)
    this.#retries = pools.map(
      ({ retries: plan }) => plan && { plan, limit: retryLimit(plan.limit), retrying: 0 },
    )
    const pushbacks = pools.map(({ admission }) => admission.retryPushbackMs ?? 0)
    this.#keptMs = KEPT_MS + Math.max(0, ...pushbacks)
  }

  /** The pool of a further attempt, which is that of the first one. */
  poolOf(request: number): PoolState {
    const attempted = this.#byKey.get(this.#requests.copyOf[request]!)
    if (attempted === undefined) throw new Error('Expected the first attempt to have been sent')
    return attempted.pool
  }

  /** A request was sent to a pool. */
  sent(now: Ms, request: number, pool: PoolState): void {
    const hedge = this.#hedges[this.#requests.class[request]!]
    const retries = hedge === undefined ? this.#retries[pool.number] : undefined
    if (hedge === undefined && retries === undefined) return
    const { copy, copyOf } = this.#requests
    let attempted = this.#byKey.get(copyOf[request]!)
    if (copy[request] === 0 || attempted === undefined) {
      retries?.limit.called(now)
      attempted = this.#begin(now, request, pool, hedge)
    }
    attempted.left++
    this.#attemptedOf[request] = attempted
  }

  #begin(now: Ms, request: number, pool: PoolState, hedge: HedgePlan | undefined): Attempted {
    if (hedge !== undefined) this.#forget(now)
    const key = this.#requests.key[request]!
    const attempted: Attempted = {
      key,
      pool,
      hedge,
      stations: [],
      waiting: hedge === undefined ? null : new Set(),
      left: 0,
      started: false,
      answered: false,
      endedAt: now,
    }
    this.#byKey.set(key, attempted)
    return attempted
  }

  /** The stations that a request which was sent should not get: those of its other attempts. */
  avoided(request: number): readonly Station[] {
    const attempted = this.#attemptedOf[request]
    if (attempted === undefined) return NONE
    const { hedge, pool, stations } = attempted
    const avoids = hedge !== undefined || this.#retries[pool.number]!.plan.avoidsPrevious
    return avoids ? stations : NONE
  }

  /** A request that was sent was routed. Returns whether it is withdrawn at once. */
  routed(request: number, station: Station): boolean {
    const attempted = this.#attemptedOf[request]
    if (attempted === undefined) return false
    attempted.stations.push(station)
    return attempted.answered || (attempted.started && attempted.hedge?.tied === true)
  }

  /** A request waits in the queue of its station. */
  joined(request: number): void {
    this.#attemptedOf[request]?.waiting?.add(request)
  }

  dispatched(_now: Ms, { members, size }: Batch): void {
    for (let i = 0; i < size; i++) {
      const attempted = this.#attemptedOf[members[i]!]
      if (attempted?.hedge === undefined) continue
      attempted.waiting!.delete(members[i]!)
      if (attempted.hedge.tied && !attempted.started) this.#decide(attempted)
      attempted.started = true
    }
  }

  /** A request has run. `outcome`: how it ends without further attempts. Returns how it ends. */
  ran(now: Ms, request: number, outcome: Outcome): Outcome {
    const attempted = this.#attemptedOf[request]
    if (attempted === undefined) return outcome
    const { hedge, answered } = attempted
    if (hedge === undefined) return this.#retried(now, request, outcome, attempted)
    if (outcome === OUTCOME.served || hedge.fatal?.includes(outcome)) this.#answer(attempted)
    this.left(now, request)
    return answered && outcome !== OUTCOME.failed ? OUTCOME.redundant : outcome
  }

  /** The same for a request that was in no batch. */
  dropped(now: Ms, request: number, outcome: Outcome): Outcome {
    const attempted = this.#attemptedOf[request]
    if (attempted === undefined) return outcome
    const { hedge } = attempted
    if (hedge === undefined) return this.#retried(now, request, outcome, attempted)
    if (hedge.fatal?.includes(outcome)) this.#answer(attempted)
    return outcome
  }

  /** Returns `retried` where the request is sent again, else `outcome`. */
  #retried(now: Ms, request: number, outcome: Outcome, attempted: Attempted): Outcome {
    const { retryAt, ownOutcome, copy } = this.#requests
    const { key, pool, stations } = attempted
    const retries = this.#retries[pool.number]!
    this.#attemptedOf[request] = undefined
    attempted.left--
    if (copy[request]! > 0) retries.retrying--
    const made = stations.length - 1
    const at = retryDueAt(retries.plan, this.#requests, { now, request, outcome, made })
    const { inPool } = pool.stations[0]!.admission
    if (at === null || !retries.limit.allows(now, retries.retrying, inPool)) {
      this.#byKey.delete(key)
      return outcome
    }
    retries.limit.retried(now)
    retries.retrying++
    retryAt[request] = at
    ownOutcome[request] = outcome
    return OUTCOME.retried
  }

  /** From now on no further copy counts. */
  #answer(attempted: Attempted): void {
    if (attempted.answered) return
    attempted.answered = true
    this.#decide(attempted)
  }

  /** A copy has left the system. */
  left(now: Ms, request: number): void {
    const attempted = this.#attemptedOf[request]
    if (attempted === undefined) return
    this.#attemptedOf[request] = undefined
    attempted.waiting!.delete(request)
    if (--attempted.left > 0) return
    attempted.endedAt = now
    // after an answer the client sends no further copy
    if (attempted.answered) this.#byKey.delete(attempted.key)
    else this.#ended.push(attempted)
  }

  /** Calls `withdraw` for each copy that waits in vain, which it has to end. */
  eachInVain(withdraw: (request: number) => void): void {
    if (this.#decided.length === 0) return
    for (let i = 0; i < this.#decided.length; i++) {
      for (const request of this.#decided[i]!.waiting!) withdraw(request)
    }
    this.#decided.length = 0
  }

  #decide(attempted: Attempted): void {
    if (attempted.waiting!.size > 0) this.#decided.push(attempted)
  }

  #forget(now: Ms): void {
    for (; this.#firstEnded < this.#ended.length; this.#firstEnded++) {
      const { key, endedAt, left } = this.#ended[this.#firstEnded]!
      if (now - endedAt <= this.#keptMs) break
      if (left === 0) this.#byKey.delete(key)
    }
    if (2 * this.#firstEnded <= this.#ended.length) return
    this.#ended.splice(0, this.#firstEnded)
    this.#firstEnded = 0
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

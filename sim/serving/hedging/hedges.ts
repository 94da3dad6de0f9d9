import type { ClassPlan, ServingPlan } from '../plan.ts'
import { type Batch, type Ms, type Observer, OUTCOME, type Outcome } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { PoolState, StationRoute } from '../routing/stations.ts'

/** The copies of one request that are in the system, or may still come. */
interface Copies {
  /** key of the first */
  readonly key: number
  readonly tied: boolean
  pool: PoolState
  /** stations to which copies were routed, in that order */
  readonly stations: Station[]
  /** slots of the copies that wait */
  readonly waiting: Set<number>
  /** copies in the system */
  left: number
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

/**
 * The copies of hedged requests: each is routed to a replica of its own, and those that still wait
 * are withdrawn once another has been answered, or has started where they are tied.
 */
export class Hedges implements Observer {
  readonly #requests: Requests
  /** by class */
  readonly #plans: readonly ClassPlan['hedge'][]
  /** by key of the first copy */
  readonly #byKey = new Map<number, Copies>()
  /** by slot */
  readonly #of: (Copies | undefined)[] = []
  /** those with copies to withdraw once the event has been handled */
  readonly #decided: Copies[] = []
  /** those without an answer or a copy in the system, in order of time, from `#firstEnded` on */
  readonly #ended: Copies[] = []
  #firstEnded = 0
  readonly #keptMs: Ms

  constructor({ classes, pools }: Pick<ServingPlan, 'classes' | 'pools'>, requests: Requests) {
    this.#plans = classes.map(({ hedge }) => hedge)
    const pushbacks = pools.map(({ admission }) => admission.retryPushbackMs ?? 0)
    this.#keptMs = KEPT_MS + Math.max(0, ...pushbacks)
    this.#requests = requests
  }

  /** Sends a further copy to the pool of the first one; its station has no other copy. */
  route(now: Ms, request: number): StationRoute {
    const pool = this.poolOf(request)
    this.sent(now, request, pool)
    return { pool, station: pool.router.routeCopy(now, request, this.stationsOf(request)) }
  }

  /** The pool of the first copy of a further one. */
  poolOf(request: number): PoolState {
    const copies = this.#byKey.get(this.#requests.copyOf[request]!)
    if (copies === undefined) throw new Error('Expected the first copy to have been sent')
    return copies.pool
  }

  /** Stations to which other copies of a request that was sent were routed. */
  stationsOf(request: number): readonly Station[] {
    return this.#of[request]?.stations ?? []
  }

  /** A request was sent to a pool. */
  sent(now: Ms, request: number, pool: PoolState): void {
    const { tied } = this.#plans[this.#requests.class[request]!]!
    const copies = this.#copies(now, request, tied, pool)
    copies.left++
    this.#of[request] = copies
  }

  /** A request that was sent was routed. Returns whether it is withdrawn at once. */
  routed(request: number, station: Station): boolean {
    const copies = this.#of[request]
    if (copies === undefined) throw new Error(`Expected request ${request} to have been sent`)
    copies.stations.push(station)
    return copies.answered || (copies.tied && copies.started)
  }

  joined(request: number): void {
    this.#of[request]?.waiting.add(request)
  }

  dispatched(_now: Ms, { members, size }: Batch): void {
    for (let i = 0; i < size; i++) {
      const copies = this.#of[members[i]!]
      if (copies === undefined) continue
      copies.waiting.delete(members[i]!)
      if (copies.tied && !copies.started) this.#decide(copies)
      copies.started = true
    }
  }

  /** A request has run, and would end so. Returns how it ends. */
  ran(now: Ms, request: number, outcome: Outcome): Outcome {
    const copies = this.#of[request]
    if (copies === undefined) return outcome
    const late = copies.answered && outcome !== OUTCOME.failed
    if (outcome === OUTCOME.served || this.#isFatal(request, outcome)) this.#end(copies)
    this.left(now, request)
    return late ? OUTCOME.redundant : outcome
  }

  /** A request ends so, and was in no batch. */
  lost(request: number, outcome: Outcome): void {
    const copies = this.#of[request]
    if (copies !== undefined && this.#isFatal(request, outcome)) this.#end(copies)
  }

  #isFatal(request: number, outcome: Outcome): boolean {
    return this.#plans[this.#requests.class[request]!]?.fatal?.includes(outcome) === true
  }

  /** No further copy counts. */
  #end(copies: Copies): void {
    if (copies.answered) return
    copies.answered = true
    this.#decide(copies)
  }

  /** A request has left the system. */
  left(now: Ms, request: number): void {
    const copies = this.#of[request]
    if (copies === undefined) return
    this.#of[request] = undefined
    copies.waiting.delete(request)
    if (--copies.left > 0) return
    copies.endedAt = now
    // after an answer the client sends no further copy
    if (copies.answered) this.#byKey.delete(copies.key)
    else this.#ended.push(copies)
  }

  /** Calls `withdraw` for each copy that waits in vain, which it has to end. */
  eachInVain(withdraw: (request: number) => void): void {
    if (this.#decided.length === 0) return
    for (let i = 0; i < this.#decided.length; i++) {
      for (const request of this.#decided[i]!.waiting) withdraw(request)
    }
    this.#decided.length = 0
  }

  #decide(copies: Copies): void {
    if (copies.waiting.size > 0) this.#decided.push(copies)
  }

  #copies(now: Ms, request: number, tied: boolean, pool: PoolState): Copies {
    const { copy, copyOf, key: keys } = this.#requests
    const known = copy[request]! > 0 ? this.#byKey.get(copyOf[request]!) : undefined
    if (known !== undefined) return known
    this.#forget(now)
    const key = keys[request]!
    const counts = { left: 0, started: false, answered: false, endedAt: now }
    const copies: Copies = { key, tied, pool, stations: [], waiting: new Set(), ...counts }
    this.#byKey.set(key, copies)
    return copies
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

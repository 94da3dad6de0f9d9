import { KeyedHeap } from '../../kernel/index.ts'
import { clientTimeoutOf } from '../client-timeout.ts'
import type { ClassPlan, PoolPlan, ServingPlan } from '../plan.ts'
import { type Ms, OUTCOME, type Outcome, type RequestFields, type Source } from '../ports.ts'
import { nextAttemptAfter } from '../pushback.ts'
import { Requests } from '../requests.ts'
import type { HedgePlan } from './hedge-plan.ts'
import { LearntPercentile } from './learnt-percentile.ts'
import { SendBudget } from './send-budget.ts'
import { Throttling } from './throttling.ts'

const never = Number.POSITIVE_INFINITY

/** What the clients of a hedged class share. */
interface Hedging {
  readonly plan: HedgePlan
  /** whether copies are sent by the client; otherwise only retries of the proxy are */
  readonly hedges: boolean
  readonly timeouts: ClassPlan
  readonly budget: SendBudget
  readonly throttling: Throttling | null
  readonly learnt: LearntPercentile | null
}

/** A request with copies in flight or to come. Its fields are kept in a slot of their own. */
interface Hedged {
  readonly hedging: Hedging
  readonly slot: number
  /** keys of the request in the inner source, and of its first copy */
  readonly innerKey: number
  readonly key: number
  /** when its client leaves */
  readonly leaves: Ms
  /** between copies; Infinity for none */
  readonly delayMs: Ms
  sent: number
  inFlight: number
  /** answered, or its client has left: nothing further is sent */
  over: boolean
  answered: boolean
  /** the first way in which a copy ended without an answer */
  failure: Outcome | null
  /** of that copy */
  pushbackMs: Ms | undefined
}

/**
 * Sends copies of the requests of another source (gRPC A6): the next one after each delay without
 * an answer, or at once after a failure, up to a number; none after an answer or a fatal failure,
 * after the client has left, or without budget. A copy has the scheduled arrival of its request,
 * so its latency is that of the request. Copies have keys of their own, in the order in which
 * requests are sent. The same of retries by the proxy of a pool, each of which is sent at the time
 * that the control plane decided.
 */
export class HedgingSource implements Source {
  readonly #inner: Source
  /** by class */
  readonly #hedging: readonly (Hedging | null)[]
  readonly #untilMs: Ms
  /** by key: requests in flight, and the inner keys of those without copies */
  readonly #inFlight = new Map<number, Hedged>()
  readonly #plain = new Map<number, number>()
  readonly #kept = new Requests()
  /** by slot of `#kept` */
  readonly #hedged: (Hedged | undefined)[] = []
  readonly #due: Ms[] = []
  /** slots of `#kept` with a copy to come, by its time */
  readonly #next = new KeyedHeap((slot) => this.#due[slot]!)
  #count = 0

  constructor(inner: Source, classes: readonly ClassPlan[], pools: readonly PoolPlan[] = []) {
    this.#inner = inner
    this.#hedging = classes.map((own) => {
      const plan = own.hedge ?? retryOnly(own, pools)
      if (plan === null) return null
      const { budget, throttling, afterMs, percentile } = plan
      return {
        plan,
        hedges: own.hedge !== undefined,
        timeouts: own,
        budget: new SendBudget(budget),
        throttling: throttling && new Throttling(throttling),
        learnt: afterMs === null ? new LearntPercentile(percentile) : null,
      }
    })
    this.#untilMs = Math.max(...this.#hedging.map((own) => own?.plan.untilMs ?? 0))
  }

  get reactsUntil(): Ms {
    return Math.max(this.#inner.reactsUntil, this.#untilMs)
  }

  peek(): Ms {
    // NaN where the inner source must be refilled first
    return Math.min(this.#inner.peek(), this.#nextDue)
  }

  take(requests: RequestFields, slot: number): boolean {
    // the parts of a fan-out stay together
    if (this.#nextDue < this.#inner.peek()) return this.#takeCopy(requests, slot)
    if (!this.#inner.take(requests, slot)) return false
    const key = this.#count++
    const innerKey = requests.key[slot]!
    requests.key[slot] = key
    requests.copy[slot] = 0
    requests.copyOf[slot] = key
    const hedging = this.#hedging[requests.class[slot]!]!
    if (hedging !== null) this.#keep(requests, slot, hedging, innerKey)
    else if (this.#inner.reactsUntil > 0) this.#plain.set(key, innerKey)
    return true
  }

  settled(number: number, key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void {
    const hedged = this.#inFlight.get(key)
    if (hedged === undefined) {
      this.#settlePlain(number, key, outcome, now, pushbackMs)
      return
    }
    const { hedging } = hedged
    this.#inFlight.delete(key)
    hedged.inFlight--
    if (outcome === OUTCOME.retried) {
      // when it is sent again
      this.#plan(hedged, now)
    } else if (outcome === OUTCOME.served) {
      hedging.throttling?.succeeded()
      hedging.learnt?.add(now - this.#kept.at[hedged.slot]!)
      this.#cancel(hedged)
      hedged.answered = true
      this.#report(number, hedged, outcome, now)
    } else if (hedging.plan.fatal?.includes(outcome)) {
      // such a failure is about the request, unless the server says to send none again
      if (pushbackMs !== undefined && pushbackMs < 0) hedging.throttling?.failed()
      if (!hedged.answered) this.#report(number, hedged, outcome, now)
      this.#cancel(hedged)
      hedged.answered = true
    } else if (outcome === OUTCOME.abandoned || outcome === OUTCOME.cancelled) {
      hedged.failure ??= outcome
      this.#cancel(hedged)
    } else if (outcome !== OUTCOME.withdrawn && outcome !== OUTCOME.redundant) {
      hedging.throttling?.failed()
      if (hedged.failure === null) hedged.pushbackMs = pushbackMs
      hedged.failure ??= outcome
      if (hedging.hedges && !hedged.over) this.#afterFailure(hedged, now, pushbackMs)
    }
    this.#release(number, hedged, now)
  }

  /** The next copy is sent at once, or when the server says; none if it says so. */
  #afterFailure(hedged: Hedged, now: Ms, pushbackMs: Ms | undefined): void {
    // tied copies are no hedges of gRPC
    const told = hedged.hedging.plan.tied ? undefined : pushbackMs
    const at = now + nextAttemptAfter(told, 0)
    if (at === never) this.#cancel(hedged)
    else if (told !== undefined || this.#due[hedged.slot]! > now) this.#plan(hedged, at)
  }

  get #nextDue(): Ms {
    const slot = this.#next.next()
    return slot < 0 ? never : this.#due[slot]!
  }

  #keep(requests: RequestFields, slot: number, hedging: Hedging, innerKey: number): void {
    const { plan, learnt, timeouts, budget } = hedging
    const kept = this.#kept.acquire()
    copyFields(requests, slot, this.#kept, kept)
    const key = requests.key[slot]!
    const at = requests.at[slot]!
    const delayMs = plan.afterMs ?? learnt!.value ?? never
    const hedged: Hedged = {
      hedging,
      slot: kept,
      innerKey,
      key,
      leaves: at + clientTimeoutOf(timeouts, at, requests.sendId[slot]!),
      delayMs,
      sent: 1,
      inFlight: 1,
      over: false,
      answered: false,
      failure: null,
      pushbackMs: undefined,
    }
    this.#hedged[kept] = hedged
    this.#due[kept] = never
    this.#inFlight.set(key, hedged)
    budget.called()
    this.#plan(hedged, at + delayMs)
  }

  #takeCopy(requests: RequestFields, slot: number): boolean {
    const hedged = this.#hedged[this.#next.next()]!
    const { hedging, slot: kept } = hedged
    const due = this.#due[kept]!
    if (hedging.throttling?.allows === false || !hedging.budget.allows) {
      this.#cancel(hedged)
      this.#release(this.#kept.class[kept]!, hedged, due)
      return false
    }
    copyFields(this.#kept, kept, requests, slot)
    const key = this.#count++
    requests.key[slot] = key
    requests.copy[slot] = hedged.sent++
    requests.copyOf[slot] = hedged.key
    hedging.budget.sent()
    hedged.inFlight++
    this.#inFlight.set(key, hedged)
    this.#plan(hedged, due + hedged.delayMs)
    return true
  }

  /** Plans the next copy, where there may be one. */
  #plan(hedged: Hedged, at: Ms): void {
    const { hedging, slot, sent, leaves } = hedged
    if (this.#due[slot]! < never) this.#next.remove(slot)
    const { maxAttempts, untilMs } = hedging.plan
    const may = sent < maxAttempts && at < Math.min(untilMs, leaves)
    this.#due[slot] = may ? at : never
    if (may) this.#next.push(slot)
  }

  #cancel(hedged: Hedged): void {
    hedged.over = true
    this.#plan(hedged, never)
  }

  /** Forgets a request once no copy of it is in flight or to come. */
  #release(number: number, hedged: Hedged, now: Ms): void {
    if (hedged.inFlight > 0 || this.#due[hedged.slot]! < never) return
    if (!hedged.answered) this.#report(number, hedged, hedged.failure ?? OUTCOME.failed, now)
    this.#hedged[hedged.slot] = undefined
    this.#kept.release(hedged.slot)
  }

  #settlePlain(
    number: number,
    key: number,
    outcome: Outcome,
    now: Ms,
    pushbackMs: Ms | undefined,
  ): void {
    const innerKey = this.#plain.get(key)
    if (innerKey === undefined) return
    this.#plain.delete(key)
    this.#inner.settled(number, innerKey, outcome, now, pushbackMs)
  }

  #report(number: number, { innerKey, pushbackMs }: Hedged, outcome: Outcome, now: Ms): void {
    if (this.#inner.reactsUntil <= 0) return
    this.#inner.settled(number, innerKey, outcome, now, pushbackMs)
  }
}

/** What the copies of a request have in common. */
function copyFields(from: RequestFields, slot: number, to: RequestFields, other: number): void {
  to.at[other] = from.at[slot]!
  to.inputTokens[other] = from.inputTokens[slot]!
  to.outputTokens[other] = from.outputTokens[slot]!
  to.class[other] = from.class[slot]!
  to.attempt[other] = from.attempt[slot]!
  to.firstScheduledAt[other] = from.firstScheduledAt[slot]!
  to.sendId[other] = from.sendId[slot]!
  to.part[other] = from.part[slot]!
  const prefix = from.prefixes.get(slot)
  if (prefix) to.prefixes.set(other, prefix)
}

/** The plan of a class without copies: only its retries are sent; null where it has none. */
function retryOnly({ pools: own }: ClassPlan, pools: readonly PoolPlan[]): HedgePlan | null {
  const ends = pools.flatMap(({ retries, index }) => {
    const serves = own === null || own.includes(index)
    return serves && retries !== undefined ? [retries.untilMs] : []
  })
  if (ends.length === 0) return null
  const limits = { percentile: 0, maxAttempts: never, budget: null, throttling: null }
  return { tied: false, afterMs: never, ...limits, untilMs: Math.max(...ends) }
}

/** The source with copies and retries, or the source itself where there are none. */
export function withCopies(
  source: Source,
  { classes, pools }: Pick<ServingPlan, 'classes' | 'pools'>,
): Source {
  const copies = classes.some(({ hedge }) => hedge !== undefined)
  const retries = pools.some((pool) => pool.retries !== undefined)
  return copies || retries ? new HedgingSource(source, classes, pools) : source
}

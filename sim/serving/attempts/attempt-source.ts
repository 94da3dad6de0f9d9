import { KeyedHeap } from '../../kernel/index.ts'
import { leavesAt } from '../client-timeout.ts'
import type { ClassPlan, ServingPlan } from '../plan.ts'
import { type Ms, OUTCOME, type Outcome, type RequestFields, type Source } from '../ports.ts'
import { nextAttemptAfter } from '../pushback.ts'
import { Requests } from '../requests.ts'
import { topologyOf } from '../topology.ts'
import type { HedgePlan } from './hedge-plan.ts'
import { LearntPercentile } from './learnt-percentile.ts'
import { SendBudget } from './send-budget.ts'
import { Throttling } from './throttling.ts'

const never = Number.POSITIVE_INFINITY

/** What the clients of a hedged class share. */
interface Hedging {
  readonly plan: HedgePlan
  readonly budget: SendBudget
  readonly throttling: Throttling | null
  readonly learnt: LearntPercentile | null
}

/** A class whose requests may have several attempts. */
interface RepeatingClass {
  /** null where clients send no copies, and only the proxies of pools retry */
  readonly hedging: Hedging | null
  readonly maxAttempts: number
  /** no further attempt is sent from here on */
  readonly untilMs: Ms
}

/** A request with attempts in flight or to come. Its fields are kept in a slot of their own. */
interface Repeated {
  readonly repeating: RepeatingClass
  readonly slot: number
  /** keys of the request in the inner source, and of its first attempt */
  readonly innerKey: number
  readonly key: number
  /** when its client leaves */
  readonly leaves: Ms
  /** between copies; Infinity for none, and where they are retries */
  readonly delayMs: Ms
  sent: number
  inFlight: number
  /** answered, or its client has left: nothing further is sent */
  over: boolean
  answered: boolean
  /** the first way in which an attempt ended without an answer */
  failure: Outcome | null
  /** of that attempt */
  pushbackMs: Ms | undefined
}

/**
 * Sends further attempts of the requests of another source. An attempt has the scheduled arrival of
 * its request, so its latency is that of the request. Attempts have keys of their own, in the order
 * in which they are sent.
 *
 * Copies of hedged classes (gRPC A6): the next one comes after each delay without an answer, or at
 * once after a failure, up to a number; none after an answer or a fatal failure, after the client
 * has left, or without budget. A retry by the proxy of a pool comes at the time that the control
 * plane decided.
 */
export class AttemptSource implements Source {
  readonly #inner: Source
  /** by class */
  readonly #repeating: readonly (RepeatingClass | null)[]
  readonly #classes: readonly ClassPlan[]
  readonly #untilMs: Ms
  /** by key: attempts in flight, and the inner keys of requests that have only one */
  readonly #inFlight = new Map<number, Repeated>()
  readonly #plain = new Map<number, number>()
  readonly #keptFields = new Requests()
  /** by slot of `#keptFields` */
  readonly #repeated: (Repeated | undefined)[] = []
  readonly #due: Ms[] = []
  /** slots of `#keptFields` with an attempt to come, by its time */
  readonly #next = new KeyedHeap((slot) => this.#due[slot]!)
  #count = 0

  constructor(inner: Source, plan: Pick<ServingPlan, 'classes' | 'pools'>) {
    this.#inner = inner
    this.#classes = plan.classes
    this.#repeating = plan.classes.map((_, number) => repeatingClass(plan, number))
    this.#untilMs = Math.max(...this.#repeating.map((repeating) => repeating?.untilMs ?? 0))
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
    if (this.#nextDue < this.#inner.peek()) return this.#takeFurther(requests, slot)
    if (!this.#inner.take(requests, slot)) return false
    const key = this.#count++
    const innerKey = requests.key[slot]!
    requests.key[slot] = key
    requests.copy[slot] = 0
    requests.copyOf[slot] = key
    const repeating = this.#repeating[requests.class[slot]!]!
    if (repeating !== null) this.#keep(requests, slot, repeating, innerKey)
    else if (this.#inner.reactsUntil > 0) this.#plain.set(key, innerKey)
    return true
  }

  settled(number: number, key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void {
    const repeated = this.#inFlight.get(key)
    if (repeated === undefined) {
      this.#settlePlain(number, key, outcome, now, pushbackMs)
      return
    }
    const { hedging } = repeated.repeating
    this.#inFlight.delete(key)
    repeated.inFlight--
    if (outcome === OUTCOME.retried) {
      // when it is sent again
      this.#plan(repeated, now)
    } else if (outcome === OUTCOME.served) {
      hedging?.throttling?.succeeded()
      hedging?.learnt?.add(now - this.#keptFields.at[repeated.slot]!)
      this.#cancel(repeated)
      repeated.answered = true
      this.#report(number, repeated, outcome, now)
    } else if (hedging?.plan.fatal?.includes(outcome)) {
      // such a failure is about the request, unless the server says to send none again
      if (pushbackMs !== undefined && pushbackMs < 0) hedging.throttling?.failed()
      if (!repeated.answered) this.#report(number, repeated, outcome, now)
      this.#cancel(repeated)
      repeated.answered = true
    } else if (outcome === OUTCOME.abandoned || outcome === OUTCOME.cancelled) {
      repeated.failure ??= outcome
      this.#cancel(repeated)
    } else if (outcome !== OUTCOME.withdrawn && outcome !== OUTCOME.redundant) {
      hedging?.throttling?.failed()
      if (repeated.failure === null) repeated.pushbackMs = pushbackMs
      repeated.failure ??= outcome
      if (hedging !== null && !repeated.over) this.#afterFailure(repeated, hedging, now, pushbackMs)
    }
    this.#release(number, repeated, now)
  }

  /** The next copy is sent at once, or when the server says; none if it says so. */
  #afterFailure(repeated: Repeated, { plan }: Hedging, now: Ms, pushbackMs: Ms | undefined): void {
    // tied copies are no hedges of gRPC
    const hedgePushbackMs = plan.tied ? undefined : pushbackMs
    const at = now + nextAttemptAfter(hedgePushbackMs, 0)
    if (at === never) this.#cancel(repeated)
    else if (hedgePushbackMs !== undefined || this.#due[repeated.slot]! > now)
      this.#plan(repeated, at)
  }

  get #nextDue(): Ms {
    const slot = this.#next.next()
    return slot < 0 ? never : this.#due[slot]!
  }

  #keep(requests: RequestFields, slot: number, repeating: RepeatingClass, innerKey: number): void {
    const { hedging } = repeating
    const keptSlot = this.#keptFields.acquire()
    copyFields(requests, slot, this.#keptFields, keptSlot)
    const key = requests.key[slot]!
    const delayMs = hedging?.plan.afterMs ?? hedging?.learnt?.value ?? never
    const repeated: Repeated = {
      repeating,
      slot: keptSlot,
      innerKey,
      key,
      leaves: leavesAt(this.#classes, requests, slot),
      delayMs,
      sent: 1,
      inFlight: 1,
      over: false,
      answered: false,
      failure: null,
      pushbackMs: undefined,
    }
    this.#repeated[keptSlot] = repeated
    this.#due[keptSlot] = never
    this.#inFlight.set(key, repeated)
    hedging?.budget.called()
    this.#plan(repeated, requests.at[slot]! + delayMs)
  }

  #takeFurther(requests: RequestFields, slot: number): boolean {
    const repeated = this.#repeated[this.#next.next()]!
    const { slot: keptSlot } = repeated
    const { hedging } = repeated.repeating
    const due = this.#due[keptSlot]!
    if (hedging?.throttling?.allows === false || hedging?.budget.allows === false) {
      this.#cancel(repeated)
      this.#release(this.#keptFields.class[keptSlot]!, repeated, due)
      return false
    }
    copyFields(this.#keptFields, keptSlot, requests, slot)
    const key = this.#count++
    requests.key[slot] = key
    requests.copy[slot] = repeated.sent++
    requests.copyOf[slot] = repeated.key
    hedging?.budget.sent()
    repeated.inFlight++
    this.#inFlight.set(key, repeated)
    this.#plan(repeated, due + repeated.delayMs)
    return true
  }

  /** Plans the next attempt, where there may be one. */
  #plan(repeated: Repeated, at: Ms): void {
    const { repeating, slot, sent, leaves } = repeated
    if (this.#due[slot]! < never) this.#next.remove(slot)
    const { maxAttempts, untilMs } = repeating
    const isAllowed = sent < maxAttempts && at < Math.min(untilMs, leaves)
    this.#due[slot] = isAllowed ? at : never
    if (isAllowed) this.#next.push(slot)
  }

  #cancel(repeated: Repeated): void {
    repeated.over = true
    this.#plan(repeated, never)
  }

  /** Forgets a request once no attempt of it is in flight or to come. */
  #release(number: number, repeated: Repeated, now: Ms): void {
    if (repeated.inFlight > 0 || this.#due[repeated.slot]! < never) return
    if (!repeated.answered) this.#report(number, repeated, repeated.failure ?? OUTCOME.failed, now)
    this.#repeated[repeated.slot] = undefined
    this.#keptFields.release(repeated.slot)
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

  #report(number: number, { innerKey, pushbackMs }: Repeated, outcome: Outcome, now: Ms): void {
    if (this.#inner.reactsUntil <= 0) return
    this.#inner.settled(number, innerKey, outcome, now, pushbackMs)
  }
}

/** What the attempts of a request have in common. */
function copyFields(from: RequestFields, slot: number, to: RequestFields, toSlot: number): void {
  to.at[toSlot] = from.at[slot]!
  to.inputTokens[toSlot] = from.inputTokens[slot]!
  to.outputTokens[toSlot] = from.outputTokens[slot]!
  to.class[toSlot] = from.class[slot]!
  to.attempt[toSlot] = from.attempt[slot]!
  to.firstScheduledAt[toSlot] = from.firstScheduledAt[slot]!
  to.sendId[toSlot] = from.sendId[slot]!
  to.part[toSlot] = from.part[slot]!
  const prefix = from.prefixes.get(slot)
  if (prefix) to.prefixes.set(toSlot, prefix)
}

/** Null where each request of a class has one attempt. */
function repeatingClass(
  plan: Pick<ServingPlan, 'classes' | 'pools'>,
  number: number,
): RepeatingClass | null {
  const { hedge } = plan.classes[number]!
  if (hedge !== undefined) {
    const { budget, throttling, afterMs, percentile, maxAttempts, untilMs } = hedge
    const hedging = {
      plan: hedge,
      budget: new SendBudget(budget),
      throttling: throttling && new Throttling(throttling),
      learnt: afterMs === null ? new LearntPercentile(percentile) : null,
    }
    return { hedging, maxAttempts, untilMs }
  }
  const ends = topologyOf(plan).classPools[number]!.flatMap((pool) => {
    const { retries } = plan.pools[pool]!
    return retries === undefined ? [] : retries.untilMs
  })
  if (ends.length === 0) return null
  return { hedging: null, maxAttempts: never, untilMs: Math.max(...ends) }
}

/** The source with copies and retries, or the source itself where there are none. */
export function withAttempts(source: Source, plan: Pick<ServingPlan, 'classes' | 'pools'>): Source {
  const copies = plan.classes.some(({ hedge }) => hedge !== undefined)
  const retries = plan.pools.some((pool) => pool.retries !== undefined)
  return copies || retries ? new AttemptSource(source, plan) : source
}

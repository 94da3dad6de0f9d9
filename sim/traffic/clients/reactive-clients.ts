import { KeyedHeap } from '../../kernel/index.ts'
import {
  type Ms,
  nextAttemptAfter,
  OUTCOME,
  type Outcome,
  type RequestFields,
  SendBudget,
} from '../../serving/index.ts'
import type { ArrivalProcess } from '../arrivals/arrivals.ts'
import type { LengthDistribution } from '../lengths/lengths.ts'
import { SessionPrefixes } from '../lengths/session-prefixes.ts'
import type { PrefixOf } from '../trace/trace-feed.ts'
import { backoff, type ClientRetryPlan, type RetriedEnd } from './backoff.ts'
import type { Clients } from './clients.ts'

/** The behaviour of clients between requests. */
export interface ClientsPlan {
  /** client timeout by time and number of the send, ms; Infinity for none */
  readonly clientTimeout: (at: Ms, sending: number) => Ms
  /** null where clients never retry */
  readonly retry: ClientRetryPlan | null
  /** number of requests in a session */
  readonly turns: LengthDistribution
  /** whether a turn's prompt begins with all earlier turns and their answers */
  readonly carryContext: boolean
  /** tokens shared at the start of all sessions that carry their context */
  readonly sharedPrefixTokens: number
  /** from an answer to the next turn, or to the next session of a closed-loop user, ms */
  readonly think: () => Ms
  /** whether a client thinks and begins a new session after each, as users of a closed loop */
  readonly closed: boolean
  /** all requests are scheduled before this, ms */
  readonly endMs: Ms
}

/** One turn of a session, over all its attempts. */
interface Call {
  readonly length: number
  readonly output: number
  /** prompt prefix; null where it is unknown */
  readonly prefix: Int32Array | null
  readonly attempt: number
  /** the last attempt before it whose refusal had a pushback; 0 for none */
  readonly pushedBack: number
  /** scheduled arrival of the first attempt; null before that */
  readonly since: Ms | null
  /** turns left after this one */
  readonly turnsLeft: number
}

/** A request in flight. */
interface InFlight {
  readonly call: Call
  /** when its client times out */
  readonly timesOut: Ms
  /** drawn at the start, so that it does not depend on the outcome */
  readonly think: Ms
  /** slot of the follow-up unless the request is answered in time; -1 for none */
  followUp: number
}

/** When and how an attempt ended without an answer. */
interface AttemptEnd {
  readonly at: Ms
  readonly how: RetriedEnd
  readonly pushbackMs?: Ms | undefined
}

const END_OF: Readonly<Partial<Record<Outcome, RetriedEnd>>> = {
  [OUTCOME.failed]: 'failed',
  [OUTCOME.shed]: 'shed',
  [OUTCOME.timedOut]: 'timed_out',
}

/** The next action of a client: a retry, a turn or a new session. */
interface FollowUp {
  readonly at: Ms
  /** null: a new session */
  readonly call: Call | null
}

/**
 * Clients that react to outcomes. They time out, retry within a budget, and continue a session.
 * Users of a closed loop think and then begin the next session.
 *
 * The reaction to a timeout is scheduled when a request is sent, and cancelled by an answer in
 * time. So the time of the next request is always known.
 */
export class ReactiveClients implements Clients {
  readonly #plan: ClientsPlan
  /** starts of sessions; in a closed loop, the first of each user */
  readonly #arrivals: ArrivalProcess
  readonly #lengths: LengthDistribution
  readonly #outputs: LengthDistribution
  readonly #prefixOf: PrefixOf | null
  readonly #sessionPrefixes: SessionPrefixes | null
  readonly #budget: SendBudget
  readonly #inFlight = new Map<number, InFlight>()
  readonly #followUps: (FollowUp | null)[] = []
  readonly #freeSlots: number[] = []
  readonly #waiting = new KeyedHeap((slot) => this.#followUps[slot]!.at)
  #nextArrival: Ms

  constructor(
    plan: ClientsPlan,
    arrivals: ArrivalProcess,
    lengths: LengthDistribution,
    outputs: LengthDistribution,
    prefixOf: PrefixOf | null = null,
  ) {
    this.#plan = plan
    this.#arrivals = arrivals
    this.#lengths = lengths
    this.#outputs = outputs
    this.#prefixOf = prefixOf
    this.#sessionPrefixes = plan.carryContext ? new SessionPrefixes(plan.sharedPrefixTokens) : null
    this.#budget = new SendBudget(plan.retry?.budget ?? null)
    this.#nextArrival = arrivals.next()
  }

  get reactsUntil(): Ms {
    return this.#plan.endMs
  }

  peek(): Ms {
    // the trace may have been refilled since
    if (Number.isNaN(this.#nextArrival)) this.#nextArrival = this.#arrivals.next()
    const slot = this.#waiting.next()
    return slot < 0 ? this.#nextArrival : Math.min(this.#followUps[slot]!.at, this.#nextArrival)
  }

  take(requests: RequestFields, slot: number, key: number): boolean {
    const at = this.peek()
    const next = this.#nextCall(at)
    if (next === null) return false
    const call = { ...next, since: next.since ?? at }
    requests.at[slot] = at
    requests.inputTokens[slot] = call.length
    requests.outputTokens[slot] = call.output
    requests.attempt[slot] = call.attempt
    requests.firstScheduledAt[slot] = call.since
    if (call.prefix !== null) requests.prefixes.set(slot, call.prefix)
    const timesOut = at + this.#plan.clientTimeout(at, key)
    const flight = { call, timesOut, think: this.#plan.think(), followUp: -1 }
    this.#inFlight.set(key, flight)
    const reaction = this.#afterFailure(flight, key, { at: timesOut, how: 'client_timeout' })
    flight.followUp = this.#schedule(reaction)
    return true
  }

  settled(key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void {
    const flight = this.#inFlight.get(key)
    if (flight === undefined) throw new Error(`Expected request ${key} to be in flight`)
    this.#inFlight.delete(key)
    // the client has timed out: its next action does not depend on the outcome
    if (now >= flight.timesOut) return
    if (flight.followUp >= 0) this.#cancel(flight.followUp)
    const answered = outcome === OUTCOME.served
    const end = { at: now, how: END_OF[outcome] ?? 'client_timeout', pushbackMs } as const
    this.#schedule(answered ? this.#afterAnswer(flight, now) : this.#afterFailure(flight, key, end))
  }

  /** The call that is due; null for a retry that the budget does not allow. */
  #nextCall(at: Ms): Call | null {
    const slot = this.#waiting.next()
    // at equal times, follow-ups precede new arrivals
    if (slot < 0 || this.#followUps[slot]!.at !== at) {
      // in this order, because a row's length is available only until the next row is read
      const first = this.#begin(at)
      this.#nextArrival = this.#arrivals.next()
      return first
    }
    const { call } = this.#followUps[slot]!
    this.#cancel(slot)
    if (call === null) return this.#begin(at)
    if (call.attempt === 1) this.#budget.called()
    else if (this.#budget.allows) this.#budget.sent()
    else {
      this.#schedule(this.#afterGivingUp(at, this.#plan.think()))
      return null
    }
    return call
  }

  /** The first turn of a new session. */
  #begin(at: Ms): Call {
    this.#budget.called()
    return this.#turn(this.#plan.turns.draw() - 1, null, at)
  }

  /** `before`: the turn whose context it carries; null for none. */
  #turn(turnsLeft: number, before: Call | null, at: Ms): Call {
    const length = this.#lengths.draw(at) + this.#contextOf(before)
    const output = this.#outputs.draw(at)
    const prefix =
      this.#sessionPrefixes?.of(length + output, before?.prefix ?? null) ??
      this.#prefixOf?.() ??
      null
    return { length, output, prefix, attempt: 1, pushedBack: 0, since: null, turnsLeft }
  }

  #contextOf(before: Call | null): number {
    if (before !== null) return before.length + before.output
    return this.#plan.carryContext ? this.#plan.sharedPrefixTokens : 0
  }

  #afterAnswer({ call, think }: InFlight, now: Ms): FollowUp | null {
    if (call.turnsLeft === 0) return this.#afterGivingUp(now, think)
    const at = now + think
    return { at, call: this.#turn(call.turnsLeft - 1, this.#plan.carryContext ? call : null, at) }
  }

  #afterFailure({ call, think }: InFlight, key: number, end: AttemptEnd): FollowUp | null {
    const { retry } = this.#plan
    const fatal = retry?.retryOn?.includes(end.how) === false
    if (retry === null || fatal || call.attempt >= retry.maxAttempts) {
      return this.#afterGivingUp(end.at, think)
    }
    const { attempt } = call
    const { pushbackMs } = end
    // after a pushback, backoffs begin with the first one again
    const pushedBack = pushbackMs === undefined ? call.pushedBack : attempt
    const ownMs = backoff(retry, attempt - call.pushedBack, key)
    const at = end.at + nextAttemptAfter(pushbackMs, ownMs)
    if (at === Number.POSITIVE_INFINITY) return this.#afterGivingUp(end.at, think)
    return { at, call: { ...call, attempt: attempt + 1, pushedBack } }
  }

  /** Users of a closed loop begin a new session; other clients leave. */
  #afterGivingUp(now: Ms, think: Ms): FollowUp | null {
    return this.#plan.closed ? { at: now + think, call: null } : null
  }

  /** Returns the slot of the follow-up; -1 for none. */
  #schedule(followUp: FollowUp | null): number {
    if (followUp === null || !(followUp.at < this.#plan.endMs)) return -1
    const slot = this.#freeSlots.pop() ?? this.#followUps.length
    this.#followUps[slot] = followUp
    this.#waiting.push(slot)
    return slot
  }

  #cancel(slot: number): void {
    this.#waiting.remove(slot)
    this.#followUps[slot] = null
    this.#freeSlots.push(slot)
  }
}

import { KeyedHeap } from '../../kernel/index.ts'
import { type Ms, OUTCOME, type Outcome, type RequestFields } from '../../serving/index.ts'
import type { ArrivalProcess } from '../arrivals/arrivals.ts'
import { Histories } from '../lengths/histories.ts'
import type { LengthDistribution } from '../lengths/lengths.ts'
import type { PrefixOf } from '../trace/trace-feed.ts'
import { backoff, RetryBudget, type RetryPlan } from './backoff.ts'
import type { Clients } from './clients.ts'

/** What clients do, apart from sending. */
export interface ClientsPlan {
  /** of the sending of that number and scheduled arrival; Infinity for endless */
  readonly patience: (at: Ms, sending: number) => Ms
  /** null where they never try again */
  readonly retry: RetryPlan | null
  /** requests of a conversation, one after another */
  readonly turns: LengthDistribution
  /** a turn's length has those of all before it on top, and what was generated */
  readonly carryContext: boolean
  /** tokens with which all conversations begin that carry their context */
  readonly sharedPrefixTokens: number
  /** from an answer to the next turn, or the next conversation of a user */
  readonly think: () => Ms
  /** whether who has ended a conversation thinks and begins the next, as users of a closed loop */
  readonly closed: boolean
  /** nobody sends at this time or later */
  readonly endMs: Ms
}

/** One turn of a conversation, over all its attempts. */
interface Call {
  readonly length: number
  readonly output: number
  /** what its prompt begins with; null where nobody knows */
  readonly prefix: Int32Array | null
  readonly attempt: number
  /** scheduled arrival of the first attempt; null before that */
  readonly since: Ms | null
  /** turns to come after this one */
  readonly turnsLeft: number
}

/** A request under way. */
interface InFlight {
  readonly call: Call
  /** when its client leaves */
  readonly leaves: Ms
  /** drawn beforehand, so that it is the same however the request ends */
  readonly think: Ms
  /** slot of what follows if it is not answered in time; -1 for nothing */
  followUp: number
}

/** What a client does next, unless it gets an answer before: a retry, a turn, a conversation. */
interface FollowUp {
  readonly at: Ms
  /** null: a new conversation */
  readonly call: Call | null
}

/**
 * Clients who act on how their requests ended: they leave when their patience is over, try again
 * within a budget, go on with a conversation, or, as users of a closed loop, think and begin the
 * next one.
 *
 * What a client will do when its patience is over is put down when it sends, and struck out if an
 * answer comes before. So the time of the next request is always known.
 */
export class ReactiveClients implements Clients {
  readonly #plan: ClientsPlan
  /** of conversations; of users the first ones */
  readonly #arrivals: ArrivalProcess
  readonly #lengths: LengthDistribution
  readonly #outputs: LengthDistribution
  readonly #prefixOf: PrefixOf | null
  readonly #histories: Histories | null
  readonly #budget: RetryBudget
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
    this.#histories = plan.carryContext ? new Histories(plan.sharedPrefixTokens) : null
    this.#budget = new RetryBudget(plan.retry?.budget ?? null)
    this.#nextArrival = arrivals.next()
  }

  get reactsUntil(): Ms {
    return this.#plan.endMs
  }

  peek(): Ms {
    // rows of a trace may have been put in since
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
    requests.length[slot] = call.length
    requests.output[slot] = call.output
    requests.attempt[slot] = call.attempt
    requests.since[slot] = call.since
    if (call.prefix !== null) requests.prefixes.set(slot, call.prefix)
    const leaves = at + this.#plan.patience(at, key)
    const flight = { call, leaves, think: this.#plan.think(), followUp: -1 }
    this.#inFlight.set(key, flight)
    flight.followUp = this.#schedule(this.#afterFailure(flight, key, leaves))
    return true
  }

  settled(key: number, outcome: Outcome, now: Ms): void {
    const flight = this.#inFlight.get(key)
    if (flight === undefined) throw new Error(`Expected request ${key} to be in flight`)
    this.#inFlight.delete(key)
    // the client has left: what it does then does not depend on the answer
    if (now >= flight.leaves) return
    if (flight.followUp >= 0) this.#strike(flight.followUp)
    const answered = outcome === OUTCOME.served
    this.#schedule(answered ? this.#afterAnswer(flight, now) : this.#afterFailure(flight, key, now))
  }

  /** The call that is due; null for a retry that the budget does not allow. */
  #nextCall(at: Ms): Call | null {
    const slot = this.#waiting.next()
    // of equal times what somebody has waited for comes first
    if (slot < 0 || this.#followUps[slot]!.at !== at) {
      // in this order, as the length of a row is known until the next row is
      const first = this.#begin(at)
      this.#nextArrival = this.#arrivals.next()
      return first
    }
    const { call } = this.#followUps[slot]!
    this.#strike(slot)
    if (call === null) return this.#begin(at)
    if (call.attempt === 1) this.#budget.called()
    else if (this.#budget.allowsRetry) this.#budget.retried()
    else {
      this.#schedule(this.#afterGivingUp(at, this.#plan.think()))
      return null
    }
    return call
  }

  /** The first turn of a new conversation. */
  #begin(at: Ms): Call {
    this.#budget.called()
    return this.#turn(this.#plan.turns.draw() - 1, null, at)
  }

  /** `before`: the turn whose lengths it has on top of its own; null for none. */
  #turn(turnsLeft: number, before: Call | null, at: Ms): Call {
    const length = this.#lengths.draw(at) + this.#contextOf(before)
    const output = this.#outputs.draw(at)
    const prefix =
      this.#histories?.of(length + output, before?.prefix ?? null) ?? this.#prefixOf?.() ?? null
    return { length, output, prefix, attempt: 1, since: null, turnsLeft }
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

  #afterFailure({ call, think }: InFlight, key: number, leftAt: Ms): FollowUp | null {
    const { retry } = this.#plan
    if (retry === null || call.attempt >= retry.maxAttempts) {
      return this.#afterGivingUp(leftAt, think)
    }
    const at = leftAt + backoff(retry, call.attempt, key)
    return { at, call: { ...call, attempt: call.attempt + 1 } }
  }

  /** Users of a closed loop begin a new conversation; others are gone. */
  #afterGivingUp(now: Ms, think: Ms): FollowUp | null {
    return this.#plan.closed ? { at: now + think, call: null } : null
  }

  /** Returns the slot of what follows; -1 for nothing. */
  #schedule(followUp: FollowUp | null): number {
    if (followUp === null || !(followUp.at < this.#plan.endMs)) return -1
    const slot = this.#freeSlots.pop() ?? this.#followUps.length
    this.#followUps[slot] = followUp
    this.#waiting.push(slot)
    return slot
  }

  #strike(slot: number): void {
    this.#waiting.remove(slot)
    this.#followUps[slot] = null
    this.#freeSlots.push(slot)
  }
}

import type { Ms, Outcome, RequestFields } from '../../serving/index.ts'
import type { ArrivalProcess } from '../arrivals/arrivals.ts'
import type { LengthDistribution } from '../lengths/lengths.ts'
import type { PrefixOf } from '../trace/trace-feed.ts'

/** The clients of one class: their requests, and their reactions to outcomes. */
export interface Clients {
  /** Time of the next request, ms; Infinity while none is known, NaN where a trace needs rows. */
  peek(): Ms
  /** Until when outcomes may change later requests, ms; 0 for never. */
  readonly reactsUntil: Ms
  /** Writes the next request, without its class; false where the client does not send it. */
  take(requests: RequestFields, slot: number, key: number): boolean
  settled(key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void
}

/** Clients that ignore outcomes. */
export class OpenClients implements Clients {
  readonly reactsUntil = 0
  readonly #arrivals: ArrivalProcess
  readonly #lengths: LengthDistribution
  readonly #outputs: LengthDistribution
  readonly #prefixOf: PrefixOf | null
  #next: Ms

  constructor(
    arrivals: ArrivalProcess,
    lengths: LengthDistribution,
    outputs: LengthDistribution,
    prefixOf: PrefixOf | null = null,
  ) {
    this.#arrivals = arrivals
    this.#lengths = lengths
    this.#outputs = outputs
    this.#prefixOf = prefixOf
    this.#next = arrivals.next()
  }

  peek(): Ms {
    // the trace may have been refilled since
    if (Number.isNaN(this.#next)) this.#next = this.#arrivals.next()
    return this.#next
  }

  take(requests: RequestFields, slot: number): boolean {
    requests.at[slot] = this.#next
    requests.inputTokens[slot] = this.#lengths.draw(this.#next)
    requests.outputTokens[slot] = this.#outputs.draw(this.#next)
    requests.attempt[slot] = 1
    requests.firstScheduledAt[slot] = this.#next
    const prefix = this.#prefixOf?.()
    if (prefix) requests.prefixes.set(slot, prefix)
    this.#next = this.#arrivals.next()
    return true
  }

  settled(): void {}
}

import type { Ms, Outcome, RequestFields } from '../../serving/index.ts'
import type { ArrivalProcess } from '../arrivals/arrivals.ts'
import type { LengthDistribution } from '../lengths/lengths.ts'
import type { PrefixOf } from '../trace/trace-feed.ts'

/** The clients of one class: what they send, and what they do about how it ended. */
export interface Clients {
  /**
   * When the next request comes; Infinity for never, or for not until one in flight has ended, NaN
   * where rows of a trace must be put in first.
   */
  peek(): Ms
  /** Up to when how requests end may change what comes, ms; 0 where it never does. */
  readonly reactsUntil: Ms
  /**
   * Writes the next request into a slot, but for its class; `key` is its identity. False where a
   * client thought better of it.
   */
  take(requests: RequestFields, slot: number, key: number): boolean
  settled(key: number, outcome: Outcome, now: Ms): void
}

/** Clients who send and look no further. */
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
    // rows may have been put in since
    if (Number.isNaN(this.#next)) this.#next = this.#arrivals.next()
    return this.#next
  }

  take(requests: RequestFields, slot: number): boolean {
    requests.at[slot] = this.#next
    requests.length[slot] = this.#lengths.draw(this.#next)
    requests.output[slot] = this.#outputs.draw(this.#next)
    requests.attempt[slot] = 1
    requests.since[slot] = this.#next
    const prefix = this.#prefixOf?.()
    if (prefix) requests.prefixes.set(slot, prefix)
    this.#next = this.#arrivals.next()
    return true
  }

  settled(): void {}
}

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

/** Requests that are drawn at once. */
const DRAWN = 128

/** Clients that ignore outcomes. Their requests are drawn by the hundred, in one tight loop. */
export class OpenClients implements Clients {
  readonly reactsUntil = 0
  readonly #arrivals: ArrivalProcess
  readonly #lengths: LengthDistribution
  readonly #outputs: LengthDistribution
  readonly #prefixOf: PrefixOf | null
  readonly #at = new Float64Array(DRAWN)
  readonly #inputTokens = new Int32Array(DRAWN)
  readonly #outputTokens = new Int32Array(DRAWN)
  readonly #prefixes: (Int32Array | null)[] = []
  /** requests that are drawn, and those of them that are taken */
  #drawn = 0
  #taken = 0
  /** of the first request that is not drawn; Infinity for none, NaN where a trace needs rows */
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
    if (this.#taken === this.#drawn) this.#draw()
    return this.#taken < this.#drawn ? this.#at[this.#taken]! : this.#next
  }

  #draw(): void {
    // the trace may have been refilled since
    if (Number.isNaN(this.#next)) this.#next = this.#arrivals.next()
    let count = 0
    for (; count < DRAWN && this.#next < Number.POSITIVE_INFINITY; count++) {
      this.#at[count] = this.#next
      this.#inputTokens[count] = this.#lengths.draw(this.#next)
      this.#outputTokens[count] = this.#outputs.draw(this.#next)
      if (this.#prefixOf !== null) this.#prefixes[count] = this.#prefixOf()
      this.#next = this.#arrivals.next()
    }
    this.#drawn = count
    this.#taken = 0
  }

  take(requests: RequestFields, slot: number): boolean {
    // `peek` has drawn it
    const i = this.#taken++
    const at = this.#at[i]!
    requests.at[slot] = at
    requests.inputTokens[slot] = this.#inputTokens[i]!
    requests.outputTokens[slot] = this.#outputTokens[i]!
    requests.attempt[slot] = 1
    requests.firstScheduledAt[slot] = at
    const prefix = this.#prefixOf === null ? null : this.#prefixes[i]
    if (prefix) requests.prefixes.set(slot, prefix)
    return true
  }

  settled(): void {}
}

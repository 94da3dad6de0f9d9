import { type Ms, OUTCOME, type Outcome, type RequestFields, type Source } from './ports.ts'
import { Requests } from './requests.ts'

/** Number of parts per request of each class. */
type Classes = readonly { readonly fanOut: number }[]

/** A request of a client with parts in flight. */
interface Sending {
  readonly number: number
  partsLeft: number
  outcome: Outcome
  /** of the part that has this outcome */
  pushbackMs: Ms | undefined
}

/**
 * Splits each request of another source into parts: at one instant, one after another, each with
 * its own key. For the client, the request ends with its last part. It is served if every part is;
 * otherwise its outcome is that of the first part that was not.
 */
export class FanOutSource implements Source {
  readonly #inner: Source
  readonly #fanOut: readonly number[]
  /** by key of the part; empty where no client reacts */
  readonly #inFlight = new Map<number, Sending>()
  /** the last request that was taken, in its only slot */
  readonly #last = new Requests(1)
  #sending: Sending = { number: -1, partsLeft: 0, outcome: OUTCOME.served, pushbackMs: undefined }
  /** of the last request */
  #partsToCome = 0
  /** time of the last request, ms */
  #due: Ms = 0
  #count = 0

  constructor(inner: Source, classes: Classes) {
    this.#inner = inner
    this.#fanOut = classes.map(({ fanOut }) => fanOut)
  }

  get reactsUntil(): Ms {
    return this.#inner.reactsUntil
  }

  peek(): Ms {
    return this.#partsToCome > 0 ? this.#due : this.#inner.peek()
  }

  take(requests: RequestFields, slot: number): boolean {
    if (this.#partsToCome === 0 && !this.#next()) return false
    const last = this.#last
    const fanOut = this.#fanOut[last.class[0]!]!
    requests.at[slot] = last.at[0]!
    requests.inputTokens[slot] = last.inputTokens[0]!
    requests.outputTokens[slot] = last.outputTokens[0]!
    requests.class[slot] = last.class[0]!
    requests.attempt[slot] = last.attempt[0]!
    requests.firstScheduledAt[slot] = last.firstScheduledAt[0]!
    requests.sendId[slot] = last.key[0]!
    const prefix = last.prefixes.get(0)
    if (prefix) requests.prefixes.set(slot, prefix)
    requests.part[slot] = fanOut - this.#partsToCome--
    const key = this.#count++
    requests.key[slot] = key
    if (this.reactsUntil > 0) this.#inFlight.set(key, this.#sending)
    return true
  }

  settled(number: number, key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void {
    const sending = this.#inFlight.get(key)
    if (sending === undefined) throw new Error(`Expected part ${key} to be in flight`)
    this.#inFlight.delete(key)
    if (sending.outcome === OUTCOME.served) {
      sending.outcome = outcome
      sending.pushbackMs = pushbackMs
    }
    if (--sending.partsLeft > 0) return
    this.#inner.settled(number, sending.number, sending.outcome, now, sending.pushbackMs)
  }

  #next(): boolean {
    this.#due = this.#inner.peek()
    this.#last.prefixes.clear()
    if (!this.#inner.take(this.#last, 0)) return false
    const fanOut = this.#fanOut[this.#last.class[0]!]!
    this.#partsToCome = fanOut
    const number = this.#last.key[0]!
    const outcome = OUTCOME.served
    this.#sending = { number, partsLeft: fanOut, outcome, pushbackMs: undefined }
    return true
  }
}

/** The source with parts, or the source itself where no class has a fan-out. */
export function inParts(source: Source, classes: Classes): Source {
  return classes.some(({ fanOut }) => fanOut > 1) ? new FanOutSource(source, classes) : source
}

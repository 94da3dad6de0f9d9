import { type Ms, OUTCOME, type Requests } from '../../serving/index.ts'
import { Histogram } from './histogram.ts'

/** The calls of one class: what clients want to have answered, by all parts of some attempt. */
export class Calls {
  /** that began after the warm-up */
  made = 0
  /** of those answered, from the first attempt's scheduled arrival to the last answer it took */
  readonly latency = new Histogram()
}

/** Records calls as their requests end. A call is answered when every part of an attempt is. */
export class CallRecorder {
  /** null for a class of which each request is a call */
  readonly classes: readonly (Calls | null)[]
  readonly #requests: Requests
  readonly #parts: readonly (number | null)[]
  readonly #warmupMs: Ms
  /** parts that were served, and that are still to end, by what was sent */
  readonly #inFlight = new Map<number, { served: number; left: number }>()

  /** `parts`: of a request of each class; null where each request is a call. */
  constructor(requests: Requests, parts: readonly (number | null)[], warmupMs: Ms) {
    this.classes = parts.map((of) => (of === null ? null : new Calls()))
    this.#requests = requests
    this.#parts = parts
    this.#warmupMs = warmupMs
  }

  arrived(request: number): void {
    const { class: numbers, attempt, part, since } = this.#requests
    const calls = this.classes[numbers[request]!]
    if (calls == null || attempt[request] !== 1 || part[request] !== 0) return
    if (since[request]! >= this.#warmupMs) calls.made++
  }

  ended(now: Ms, request: number): void {
    const { class: numbers, outcome, since } = this.#requests
    const calls = this.classes[numbers[request]!]
    if (calls == null) return
    const answered = this.#lastOf(request, outcome[request] === OUTCOME.served)
    if (answered && since[request]! >= this.#warmupMs) calls.latency.record(now - since[request]!)
  }

  /** Whether all parts have ended with this one, and all were served. */
  #lastOf(request: number, served: boolean): boolean {
    const { class: numbers, sending } = this.#requests
    const parts = this.#parts[numbers[request]!]!
    if (parts === 1) return served
    const number = sending[request]!
    const known = this.#inFlight.get(number) ?? { served: 0, left: parts }
    if (served) known.served++
    if (--known.left > 0) {
      this.#inFlight.set(number, known)
      return false
    }
    this.#inFlight.delete(number)
    return known.served === parts
  }
}

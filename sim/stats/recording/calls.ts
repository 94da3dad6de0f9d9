import { type Ms, OUTCOME, type Requests } from '../../serving/index.ts'
import { Histogram } from './histogram.ts'

/** The calls of one class. A call is answered when all parts of one of its attempts are. */
export class Calls {
  /** calls that began after the warm-up */
  made = 0
  /** from the scheduled arrival of the first attempt to the answer of the last part, ms */
  readonly latency = new Histogram()
}

/** Records calls as their requests end. */
export class CallRecorder {
  /** null for a class in which each request is a call */
  readonly classes: readonly (Calls | null)[]
  readonly #requests: Requests
  readonly #parts: readonly (number | null)[]
  readonly #warmupMs: Ms
  /** by number of the send: its served parts, and parts that have not ended */
  readonly #inFlight = new Map<number, { served: number; left: number }>()

  /** `parts`: parts per request of each class; null where each request is a call. */
  constructor(requests: Requests, parts: readonly (number | null)[], warmupMs: Ms) {
    this.classes = parts.map((of) => (of === null ? null : new Calls()))
    this.#requests = requests
    this.#parts = parts
    this.#warmupMs = warmupMs
  }

  arrived(request: number): void {
    const { class: numbers, attempt, part, firstScheduledAt } = this.#requests
    const calls = this.classes[numbers[request]!]
    if (calls == null || attempt[request] !== 1 || part[request] !== 0) return
    if (firstScheduledAt[request]! >= this.#warmupMs) calls.made++
  }

  ended(now: Ms, request: number): void {
    const { class: numbers, outcome, firstScheduledAt } = this.#requests
    const calls = this.classes[numbers[request]!]
    if (calls == null) return
    const answered = this.#lastOf(request, outcome[request] === OUTCOME.served)
    if (answered && firstScheduledAt[request]! >= this.#warmupMs) {
      calls.latency.record(now - firstScheduledAt[request]!)
    }
  }

  /** Whether this was the last part to end, and all parts were served. */
  #lastOf(request: number, served: boolean): boolean {
    const { class: numbers, sendId } = this.#requests
    const parts = this.#parts[numbers[request]!]!
    if (parts === 1) return served
    const number = sendId[request]!
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

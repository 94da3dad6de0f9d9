import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type Ms, OUTCOME, type Requests } from '../../serving/index.ts'
import { Histogram } from './histogram.ts'

/** The calls of one class. A call is answered when all parts of one of its attempts are. */
export class Calls {
  /** calls that began after the warm-up */
  made = 0
  /** from the scheduled arrival of the first attempt to the answer of the last part, ms */
  readonly latency = new Histogram()
}

/** Parts per request of each class; null where each request is a call. */
export function callParts({ traffic, slo }: Scenario): (number | null)[] {
  return traffic.map(({ class: name, fan_out: parts, retry, hedge }) => {
    const isJudged = slo[name]?.some((text) => parseObjective(text)?.kind === 'call') === true
    return isJudged || parts > 1 || retry !== undefined || hedge !== undefined ? parts : null
  })
}

/** Records calls as their requests end. */
export class CallRecorder {
  /** null for a class in which each request is a call */
  readonly classes: readonly (Calls | null)[]
  readonly #requests: Requests
  readonly #parts: readonly (number | null)[]
  readonly #warmupMs: Ms
  readonly #hedged: readonly boolean[]
  /** by number of the send: its served parts, and parts and copies that have not ended */
  readonly #inFlight = new Map<number, { served: number; left: number }>()

  /** `parts`: parts per request of each class; null where each request is a call. */
  constructor({
    requests,
    parts,
    warmupMs,
    hedged = [],
  }: {
    readonly requests: Requests
    readonly parts: readonly (number | null)[]
    readonly warmupMs: Ms
    /** whether the requests of each class have copies */
    readonly hedged?: readonly boolean[]
  }) {
    this.#hedged = hedged
    this.classes = parts.map((of) => (of === null ? null : new Calls()))
    this.#requests = requests
    this.#parts = parts
    this.#warmupMs = warmupMs
  }

  arrived(request: number): void {
    const { class: numbers, attempt, part, copy, firstScheduledAt } = this.#requests
    const calls = this.classes[numbers[request]!]
    if (calls == null) return
    if (copy[request]! > 0) {
      const parts = this.#parts[numbers[request]!]!
      if (parts > 1) this.#sending(request, parts).left++
      return
    }
    if (attempt[request] !== 1 || part[request] !== 0) return
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

  /** Whether this was the last part to be served. */
  #lastOf(request: number, served: boolean): boolean {
    const { class: numbers, sendId } = this.#requests
    const parts = this.#parts[numbers[request]!]!
    if (parts === 1) return served
    const sending = this.#sending(request, parts)
    if (served) sending.served++
    // a copy of a part may come after all others have ended
    const over = sending.served === parts || this.#hedged[numbers[request]!] !== true
    if (--sending.left === 0 && over) this.#inFlight.delete(sendId[request]!)
    return served && sending.served === parts
  }

  #sending(request: number, parts: number): { served: number; left: number } {
    const number = this.#requests.sendId[request]!
    const known = this.#inFlight.get(number)
    if (known !== undefined) return known
    const sending = { served: 0, left: parts }
    this.#inFlight.set(number, sending)
    return sending
  }
}

import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type Ms, OUTCOME, type Requests } from '../../serving/index.ts'
import {
  distribution,
  Histogram,
  judgedTails,
  type LatencySummary,
  latencySummary,
  percentiles,
  retriedClasses,
} from '../../stats/index.ts'
import { ClientObserver } from './client-observer.ts'
import type { ClassFamily } from './family.ts'

/** Calls of one class: latency of those that were answered. */
export interface CallsSummary extends LatencySummary {
  readonly made: number
}

/** Calls of clients; null for a class in which each request is a call. */
export const calls: ClassFamily<(CallsSummary | null)[], 'calls'> = {
  start({ scenario, plan, requests, warmupMs }) {
    const parts = callParts(scenario)
    const retried = retriedClasses(plan)
    const hedged = scenario.traffic.map(({ hedge }, i) => hedge !== undefined || retried[i]!)
    const recorder = new CallRecorder({ requests, parts, warmupMs, hedged })
    const judged = judgedTails(scenario)
    const areCounted = parts.some((count) => count !== null)
    return {
      observers: areCounted ? [recorder] : [],
      summary: () =>
        recorder.classes.map(
          (of) =>
            of && {
              made: of.made,
              ...latencySummary(of.latency, of.made - of.latency.count, judged),
            },
        ),
    }
  },

  ofClass(summaries, _of, index) {
    const each = summaries.flatMap((classes) => classes[index] ?? [])
    if (each.length === 0) return { calls: null }
    return {
      calls: {
        made: each.reduce((sum, { made }) => sum + made, 0),
        answered: each.reduce((sum, { latency }) => sum + latency.n, 0),
        latency: distribution(each.map(({ latency }) => latency)),
        latency_all: percentiles(each.map(({ made, all }) => ({ n: made, values: all }))),
      },
    }
  },
}

/** The calls of one class. A call is answered when all parts of one of its attempts are. */
class Calls {
  /** calls that began after the warm-up */
  made = 0
  /** from the scheduled arrival of the first attempt to the answer of the last part, ms */
  readonly latency = new Histogram()
}

/** Parts per request of each class; null where each request is a call. */
function callParts({ traffic, slo }: Scenario): (number | null)[] {
  return traffic.map(({ class: name, fan_out: parts, retry, hedge }) => {
    const isJudged = slo[name]?.some((text) => parseObjective(text)?.kind === 'call') === true
    return isJudged || parts > 1 || retry !== undefined || hedge !== undefined ? parts : null
  })
}

/** Records calls as their requests end. */
export class CallRecorder extends ClientObserver {
  /** null for a class in which each request is a call */
  readonly classes: readonly (Calls | null)[]
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
    super(requests)
    this.#hedged = hedged
    this.classes = parts.map((of) => (of === null ? null : new Calls()))
    this.#parts = parts
    this.#warmupMs = warmupMs
  }

  arrived(_now: Ms, request: number): void {
    const { class: numbers, attempt, part, copy, firstScheduledAt } = this.requests
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

  answered(now: Ms, request: number): void {
    const { class: numbers, outcome, firstScheduledAt } = this.requests
    const calls = this.classes[numbers[request]!]
    if (calls == null) return
    const answered = this.#lastOf(request, outcome[request] === OUTCOME.served)
    if (answered && firstScheduledAt[request]! >= this.#warmupMs) {
      calls.latency.record(now - firstScheduledAt[request]!)
    }
  }

  /** Whether this was the last part to be served. */
  #lastOf(request: number, served: boolean): boolean {
    const { class: numbers, sendId } = this.requests
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
    const number = this.requests.sendId[request]!
    const known = this.#inFlight.get(number)
    if (known !== undefined) return known
    const sending = { served: 0, left: parts }
    this.#inFlight.set(number, sending)
    return sending
  }
}

import { significant } from '../../kernel/index.ts'
import { type Ms, OUTCOME, type Requests } from '../../serving/index.ts'
import { distribution, estimate, Histogram, histogramFigures } from '../../stats/index.ts'
import { ClientObserver } from './client-observer.ts'
import type { ClassFamily } from './family.ts'

/** Above this share of the requests, waits at clients are no detail. */
const NEGLIGIBLE = 0.001

/** What waits at clients that have a limit of requests in flight; null for a class without one. */
export const held: ClassFamily<(HeldSummary | null)[], 'held'> = {
  start({ scenario, requests, warmupMs }) {
    const capped = scenario.traffic.map(({ max_in_flight: most }) => most !== undefined)
    const recorder = new HeldRecorder(capped, requests, warmupMs)
    return {
      observers: capped.includes(true) ? [recorder] : [],
      summary: () => recorder.classes.map((of) => of?.summary() ?? null),
    }
  },

  ofClass(summaries, _of, index) {
    const each = summaries.flatMap((classes) => classes[index] ?? [])
    if (each.length === 0) return {}
    const sum = (of: (summary: HeldSummary) => number) =>
      each.reduce((total, summary) => total + of(summary), 0)
    return {
      held: {
        count: sum((summary) => summary.held),
        share: estimate(
          each.map((summary) => summary.held / summary.sent),
          sum(({ sent }) => sent),
          1,
        ),
        wait: distribution(each.map(({ wait }) => wait)),
        longest_ms: Math.max(...each.map(({ longestMs }) => longestMs)),
        latency_from_schedule: distribution(each.map(({ fromSchedule }) => fromSchedule)),
      },
    }
  },

  /** For each class whose latencies, which begin at the send, hide waits at its clients. */
  warnings({ traffic }, { classes }) {
    return traffic.flatMap(({ class: name, max_in_flight: most }, i) => {
      const { held: waits, latency } = classes[i]!
      const share = waits?.share.value ?? 0
      if (waits === undefined || share <= NEGLIGIBLE) return []
      const means = [waits.wait.mean, waits.latency_from_schedule.mean, latency.mean]
      const [wait, scheduled, sent] = means.map(({ value }) => msText(value))
      const percent = significant(100 * share, 3)
      return [
        `class ${name}: ${percent} % of the requests waited at their clients, as max_in_flight ${most} ` +
          `were in flight: ${wait} in the mean and up to ${msText(waits.longest_ms)}; latencies begin ` +
          `at the send and leave that out (mean ${sent}, and ${scheduled} from the schedule)`,
      ]
    })
  },
}

const msText = (value: number | null) => (value === null ? '–' : `${significant(value, 3)} ms`)

/** The requests of one class whose clients have a limit of requests in flight. */
class HeldRequests {
  /** requests that were sent after the warm-up, and those that had waited at their clients */
  sent = 0
  held = 0
  /** of those that had waited: from when they were scheduled to when they were sent, ms */
  readonly wait = new Histogram()
  longestMs: Ms = 0
  /** of served requests and parts: from when they were scheduled to their ends, ms */
  readonly fromSchedule = new Histogram()

  summary() {
    const { sent, held: count, longestMs } = this
    const fromSchedule = histogramFigures(this.fromSchedule)
    return { sent, held: count, wait: histogramFigures(this.wait), longestMs, fromSchedule }
  }
}

type HeldSummary = ReturnType<HeldRequests['summary']>

/** Records what waits at clients while too many of their requests are in flight. */
class HeldRecorder extends ClientObserver {
  /** null for a class without such a limit */
  readonly classes: readonly (HeldRequests | null)[]
  readonly #warmupMs: Ms

  constructor(capped: readonly boolean[], requests: Requests, warmupMs: Ms) {
    super(requests)
    this.classes = capped.map((is) => (is ? new HeldRequests() : null))
    this.#warmupMs = warmupMs
  }

  arrived(_now: Ms, request: number): void {
    const { at, class: numbers, part, firstScheduledAt } = this.requests
    const counts = this.classes[numbers[request]!]!
    if (counts === null || part[request] !== 0 || at[request]! < this.#warmupMs) return
    counts.sent++
    const wait = at[request]! - firstScheduledAt[request]!
    if (wait <= 0) return
    counts.held++
    counts.wait.record(wait)
    counts.longestMs = Math.max(counts.longestMs, wait)
  }

  answered(now: Ms, request: number): void {
    const { at, class: numbers, firstScheduledAt, outcome } = this.requests
    if (outcome[request] !== OUTCOME.served || at[request]! < this.#warmupMs) return
    this.classes[numbers[request]!]?.fromSchedule.record(now - firstScheduledAt[request]!)
  }
}

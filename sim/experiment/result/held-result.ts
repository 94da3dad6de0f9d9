import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import { significant } from '../../kernel/index.ts'
import { distribution, estimate, type RunSummary } from '../../stats/index.ts'

type ClassResult = Result['classes'][number]

/** Above this share of the requests, waits at clients are no detail. */
const NEGLIGIBLE = 0.001

/** What waited at the clients of a class; nothing where they send as scheduled. */
export function heldResult(runs: readonly RunSummary[], index: number): Pick<ClassResult, 'held'> {
  const each = runs.map(({ held }) => held[index] ?? null).filter((own) => own !== null)
  if (each.length === 0) return {}
  const sum = (of: (own: (typeof each)[number]) => number) =>
    each.reduce((total, own) => total + of(own), 0)
  return {
    held: {
      count: sum(({ held }) => held),
      share: estimate(
        each.map(({ held, sent }) => held / sent),
        sum(({ sent }) => sent),
        1,
      ),
      wait: distribution(each.map(({ wait }) => wait)),
      longest_ms: Math.max(...each.map(({ longestMs }) => longestMs)),
      latency_from_schedule: distribution(each.map(({ fromSchedule }) => fromSchedule)),
    },
  }
}

/** A warning for each class whose latencies, which begin at the send, hide waits at its clients. */
export function heldWarnings(
  { traffic }: Scenario,
  classes: readonly Pick<ClassResult, 'held' | 'latency'>[],
): string[] {
  return traffic.flatMap(({ class: name, max_in_flight: most }, i) => {
    const { held, latency } = classes[i]!
    const share = held?.share.value ?? 0
    if (held === undefined || share <= NEGLIGIBLE) return []
    const means = [held.wait.mean, held.latency_from_schedule.mean, latency.mean]
    const [wait, scheduled, sent] = means.map(({ value }) => msText(value))
    const percent = significant(100 * share, 3)
    return [
      `class ${name}: ${percent} % of the requests waited at their clients, as max_in_flight ${most} ` +
        `were in flight: ${wait} in the mean and up to ${msText(held.longest_ms)}; latencies begin ` +
        `at the send and leave that out (mean ${sent}, and ${scheduled} from the schedule)`,
    ]
  })
}

const msText = (value: number | null) => (value === null ? '–' : `${significant(value, 3)} ms`)

import type { Result } from '../../documents/index.ts'
import { estimate, type RunSummary } from '../../stats/index.ts'
import { overRuns } from './over-runs.ts'

/** The copies of the requests of a class; null where there are none. */
export function hedgesResult(
  runs: readonly RunSummary[],
  index: number,
): Result['classes'][number]['hedges'] {
  const copies = runs.map((run) => run.copies[index] ?? null).filter((own) => own !== null)
  if (copies.length === 0) return null
  const sum = (of: (own: (typeof copies)[number]) => number) =>
    copies.reduce((total, own) => total + of(own), 0)
  const firsts = copies.map((own, i) => {
    const { arrived } = runs[i]!.classes[index]!.counts
    return arrived + own.withdrawn + own.redundant - own.sent
  })
  return {
    sent: sum(({ sent }) => sent),
    sent_share: estimate(
      copies.map(({ sent }, i) => sent / firsts[i]!),
      firsts.reduce((total, count) => total + count, 0),
    ),
    won: sum(({ won }) => won),
    withdrawn: sum(({ withdrawn }) => withdrawn),
    redundant: sum(({ redundant }) => redundant),
    wasted: overRuns(
      runs,
      (run) => run.copies[index]!.redundantMs / run.copies[index]!.serviceMs,
      1,
    ),
  }
}

import { estimate } from '../../stats/index.ts'
import { overRuns } from '../result/over-runs.ts'
import type { ClassFigures } from './family.ts'

/** The copies of hedged or tied requests; null where a class has none. */
export const hedges: ClassFigures<unknown, 'hedges'> = {
  ofClass(_summaries, { runs }, index) {
    const copies = runs.flatMap((run) => run.copies[index] ?? [])
    if (copies.length === 0) return { hedges: null }
    const sum = (of: (counts: (typeof copies)[number]) => number) =>
      copies.reduce((total, counts) => total + of(counts), 0)
    const firsts = copies.map(({ sent, withdrawn, redundant }, i) => {
      const { arrived } = runs[i]!.classes[index]!.counts
      return arrived + withdrawn + redundant - sent
    })
    return {
      hedges: {
        sent: sum(({ sent }) => sent),
        sent_share: estimate(
          copies.map(({ sent }, i) => sent / firsts[i]!),
          firsts.reduce((total, count) => total + count, 0),
        ),
        won: sum(({ won }) => won),
        withdrawn: sum(({ withdrawn }) => withdrawn),
        redundant: sum(({ redundant }) => redundant),
        wasted: overRuns(copies, ({ redundantMs, serviceMs }) => redundantMs / serviceMs, 1),
      },
    }
  },
}

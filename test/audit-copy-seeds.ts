import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { copied } from './audited-systems.ts'
import { keyOf, type Seed } from './row-surgery.ts'

/** Violated rules of copies of requests. */
export function copySeeds(): Seed[] {
  const { served, redundant, withdrawn, abandoned } = OUTCOME
  const isCopy = (c: RowColumns, key: number) => c.copyOf[key]! >= 0
  const seed = (
    what: string,
    fits: (c: RowColumns, key: number) => boolean,
    change: (c: RowColumns, key: number) => unknown,
  ): Seed => ({
    rule: 'copies',
    what,
    system: copied,
    spoil(c) {
      const key = keyOf(c, (k) => fits(c, k))
      change(c, key)
      return [key]
    },
  })
  const outcome = (of: number) => (c: RowColumns, key: number) => c.outcome[key] === of
  const redundantCopy = (c: RowColumns, key: number) =>
    isCopy(c, key) && c.outcome[key] === redundant
  return [
    seed('two copies of one request are served', redundantCopy, (c, k) => (c.outcome[k] = served)),
    seed('a redundant copy is called abandoned', redundantCopy, (c, k) => {
      c.outcome[k] = abandoned
    }),
    seed(
      'a copy in the queue of the first',
      isCopy,
      (c, k) => (c.queue[k] = c.queue[c.copyOf[k]!]!),
    ),
    seed('a copy before its time', isCopy, (c, k) => (c.sent[k]! -= 1)),
    seed('a copy of another request', isCopy, (c, k) => (c.sendId[k]! += 1)),
    seed('withdrawn too late', outcome(withdrawn), (c, k) => (c.done[k]! += 0.001)),
    seed('redundant without an answer', redundantCopy, (c, k) => (c.done[k]! -= 1000)),
  ]
}

import type { AuditRows } from './raw-rows.ts'
import type { SeenBatch } from './seen-batch.ts'

/**
 * Compares batches that left a queue at one instant by which of them went first: the one whose
 * executor had become free first, as the one that has been free for longest is taken. Batches are
 * numbered as they end.
 */
export function dispatchOrder(
  batches: readonly SeenBatch[],
  rows: AuditRows,
): (a: SeenBatch, b: SeenBatch) => number {
  const number = ({ members }: SeenBatch) => rows.batch[members[0]!]!
  /** of each batch: the number of the one before it on its executor; -1 for none */
  const before = new Map<SeenBatch, number>()
  const last = new Map<number, number>()
  for (const batch of batches.toSorted((a, b) => number(a) - number(b))) {
    before.set(batch, last.get(batch.executor) ?? -1)
    last.set(batch.executor, number(batch))
  }
  return (a, b) => before.get(a)! - before.get(b)! || a.executor - b.executor
}

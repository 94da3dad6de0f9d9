import type { AuditRows } from './raw-rows.ts'
import type { SeenBatch } from './seen-batch.ts'

/**
 * Compares batches dispatched from a queue at one instant by their order of dispatch. The control
 * plane picks the executor that has been free longest, so the batch whose executor became free
 * first was dispatched first. Batches are numbered as they end.
 */
export function dispatchOrder(
  batches: readonly SeenBatch[],
  rows: AuditRows,
): (a: SeenBatch, b: SeenBatch) => number {
  const number = ({ members }: SeenBatch) => rows.batch[members[0]!]!
  /** of each batch: the number of the batch before it on its executor; -1 for none */
  const before = new Map<SeenBatch, number>()
  const last = new Map<number, number>()
  for (const batch of batches.toSorted((a, b) => number(a) - number(b))) {
    before.set(batch, last.get(batch.executor) ?? -1)
    last.set(batch.executor, number(batch))
  }
  return (a, b) => before.get(a)! - before.get(b)! || a.executor - b.executor
}

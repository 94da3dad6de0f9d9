import { OUTCOME } from '../../sim/serving/index.ts'
import type { Rows } from '../../sim/stats/index.ts'

/** A batch that an executor ran in a replay; ms. */
export interface ReplayedBatch {
  readonly size: number
  /** padded */
  readonly length: number
  readonly started: number
  readonly ended: number
}

/** The batches of each executor in order. Batches that ran out of memory are left out. */
export function replayedBatches({ columns, count }: Rows): ReadonlyMap<number, ReplayedBatch[]> {
  const seen = new Set<number>()
  const executors = new Map<number, ReplayedBatch[]>()
  for (let row = 0; row < count; row++) {
    const batch = columns.batch[row]!
    if (batch < 0 || seen.has(batch) || columns.outcome[row] === OUTCOME.failed) continue
    seen.add(batch)
    const executor = columns.executor[row]!
    const list = executors.get(executor) ?? []
    if (list.length === 0) executors.set(executor, list)
    list.push({
      size: columns.batchSize[row]!,
      length: columns.padded[row]!,
      started: columns.started[row]!,
      ended: columns.ended[row]!,
    })
  }
  for (const list of executors.values()) list.sort((a, b) => a.started - b.started)
  return executors
}

import { type BatchState, batchPolicy } from './batch-policy.ts'

/** Batches of exactly `batch`, however long that takes; the rest goes when the traffic ends. */
export const fixed = batchPolicy<'fixed', BatchState>({
  kind: 'fixed',
  begin: ({ batch }) => ({ maxBatch: batch, windowMs: 0 }),
  decide({ maxBatch }, queue, _now, out) {
    if (queue.length >= maxBatch) out.take = maxBatch
    else if (queue.ending) out.take = queue.length
  },
})

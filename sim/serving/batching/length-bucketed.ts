import { type BatchState, batchPolicy } from './batch-policy.ts'

/**
 * Batches hold lengths of one bucket, so that little is padded. Each bucket has a window of its
 * own, that of its oldest request; of the buckets that are full or whose window has closed the one
 * goes whose oldest request came first.
 */
export const lengthBucketed = batchPolicy<'length-bucketed', BatchState>({
  kind: 'length-bucketed',
  begin: ({ maxBatch, maxDelayMs }) => ({ maxBatch, windowMs: maxDelayMs }),
  decide({ maxBatch, windowMs }, { groups }, now, out) {
    let first = Number.POSITIVE_INFINITY
    for (let i = 0; i < groups.length; i++) {
      const { length, oldestKey, windowCloses } = groups[i]!
      if (length === 0) continue
      const isDue = length >= maxBatch || windowMs === 0 || now >= windowCloses
      if (!isDue) out.wakeAt = Math.min(out.wakeAt, windowCloses)
      else if (oldestKey < first) {
        first = oldestKey
        out.group = i
        out.take = Math.min(length, maxBatch)
      }
    }
  },
  edges: ({ edges }) => edges,
})

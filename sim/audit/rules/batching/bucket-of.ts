import { type Evidence, onlyOf, type SeenQueue } from '../../evidence/evidence.ts'
import type { Of } from './policy.ts'

/** Index of a length's bucket: the first whose edge it does not exceed, or one past the last. */
export function bucketOf({ edges }: Of<'length-bucketed'>, length: number): number {
  return edges.filter((edge) => edge < length).length
}

/** The buckets of a queue, each ordered on its own; or the queue itself. */
export function batchGroupsOf({ rows }: Evidence, queue: SeenQueue): readonly SeenQueue[] {
  const { batching } = queue.pool
  if (batching.policy !== 'length-bucketed') return [queue]
  return Array.from({ length: batching.edges.length + 1 }, (_, bucket) => {
    const isInBucket = (key: number) => bucketOf(batching, rows.inputTokens[key]!) === bucket
    const batches = queue.batches.filter(({ members }) => isInBucket(members[0]!))
    return { ...onlyOf(queue, isInBucket), batches }
  })
}

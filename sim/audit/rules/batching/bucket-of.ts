import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import type { Batching } from '../../promises/promises.ts'

/** Index of a length's bucket: the first whose edge it does not exceed, or one past the last. */
export function bucketOf(
  { edges }: Extract<Batching, { policy: 'length-bucketed' }>,
  length: number,
): number {
  return edges.filter((edge) => edge < length).length
}

/** The buckets of a queue, each ordered on its own; or the queue itself. */
export function batchGroupsOf({ rows }: Evidence, queue: SeenQueue): readonly SeenQueue[] {
  const { batching } = queue.pool
  if (batching.policy !== 'length-bucketed') return [queue]
  return Array.from({ length: batching.edges.length + 1 }, (_, bucket) => {
    const isInBucket = (key: number) => bucketOf(batching, rows.length[key]!) === bucket
    return {
      ...queue,
      joined: queue.joined.filter(isInBucket),
      shed: queue.shed.filter(isInBucket),
      timedOut: queue.timedOut.filter(isInBucket),
      batches: queue.batches.filter(({ members }) => isInBucket(members[0]!)),
    }
  })
}

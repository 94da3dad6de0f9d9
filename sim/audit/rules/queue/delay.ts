import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { any, eachInstant } from '../../evidence/instants.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { type CountedQueue, dependsOnCount, windowCloses } from '../batching/policy.ts'

/**
 * A batch is dispatched when a request arrives at its queue or an executor of it becomes free;
 * otherwise no earlier than its window closes, or the traffic is known to have ended.
 */
export const delay: Rule = {
  rule: 'delay',
  promise:
    'a batch is dispatched at an arrival, at a batch end, or when its window or traffic ends',
  settings: ['max-batch', 'max-delay'],
  check(evidence, findings) {
    for (const queue of evidence.unhindered.filter(dependsOnCount)) {
      // engines admit requests at every step
      if (queue.pool.generation !== undefined) continue
      eachInstant(evidence, queue, ({ joined, ends, changed, batches, oldestBefore }) => {
        findings.checked += batches.to - batches.from
        if (any(joined) || ends > 0 || changed) return
        for (let i = batches.from; i < batches.to; i++) {
          checkTimed(evidence, queue, { batch: queue.batches[i]!, oldestBefore }, findings)
        }
      })
    }
  },
}

function checkTimed(
  evidence: Evidence,
  queue: CountedQueue,
  { batch, oldestBefore }: { batch: SeenBatch; oldestBefore: number },
  findings: Findings,
): void {
  const { members, dispatched } = batch
  // the window is that of the oldest request, whichever is dispatched
  const sent = evidence.rows.sent[oldestBefore < 0 ? members[0]! : oldestBefore]!
  const closes = windowCloses(queue.pool.batching, sent)
  if (dispatched >= closes || endedTraffic(evidence, queue, batch)) return
  findings.violated(members, () => {
    const window =
      closes < Number.POSITIVE_INFINITY ? `, and the window closed at ${ms(closes)}` : ''
    return `a batch of ${members.length} at ${ms(dispatched)}, without an event${window}`
  })
}

/**
 * The end of the traffic is one instant for all queues, and affects only batches that wait for more
 * requests.
 */
function endedTraffic({ end }: Evidence, { pool }: SeenQueue, batch: SeenBatch): boolean {
  const { batching } = pool
  if (batching.policy !== 'fixed' || batch.members.length >= batching.batch) return false
  return end.mayBegin(batch.dispatched)
}

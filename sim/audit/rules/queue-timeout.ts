import type { Evidence, SeenQueue } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import { any, eachInstant, type Instant } from '../instants.ts'
import type { Rule } from '../rule.ts'

/**
 * A control plane looks for time-outs where it may act: when an executor becomes free, when a
 * request comes while one is free, when one comes to a full queue (so whenever one is refused),
 * and on timers, which show where somebody timed out or was dispatched. A request that joins a
 * queue whose executors all work only lines up, as in Triton, whose batcher looks lazily.
 */
export const queueTimeout: Rule = {
  rule: 'queue-timeout',
  promise: 'who has waited for the time-out of the queue leaves it, not dispatched; nobody earlier',
  check(seen: Evidence, found: Findings) {
    for (const queue of seen.queues) {
      checkRows(seen, queue, found)
      if (queue.pool.queueTimeoutMs === Number.POSITIVE_INFINITY) continue
      eachInstant(seen, queue, (instant) => checkInstant(seen, queue, instant, found))
    }
  },
}

function checkRows({ rows, left }: Evidence, queue: SeenQueue, found: Findings): void {
  const { queueTimeoutMs } = queue.pool
  for (const key of queue.timedOut) {
    found.checked++
    const deadline = rows.sent[key]! + queueTimeoutMs
    if (left[key]! >= deadline) continue
    found.violated(
      [key],
      () => `timed out at ${ms(left[key]!)}, before its deadline at ${ms(deadline)}`,
    )
  }
  if (queueTimeoutMs === Number.POSITIVE_INFINITY) return
  for (const key of queue.joined) {
    if (rows.batch[key]! < 0) continue
    found.checked++
    const deadline = rows.sent[key]! + queueTimeoutMs
    if (left[key]! < deadline) continue
    found.violated(
      [key],
      () => `dispatched at ${ms(left[key]!)}, though its time was over at ${ms(deadline)}`,
    )
  }
}

function checkInstant(seen: Evidence, queue: SeenQueue, instant: Instant, found: Findings): void {
  const { at, oldest, joined, shed, timedOut, batches, ends, freeBefore } = instant
  const acted = ends > 0 || any(batches) || any(timedOut)
  if (!acted && !any(shed) && !(any(joined) && freeBefore > 0)) return
  found.checked++
  // requests of one queue may wait equally long, so the oldest is the first whose time is over
  if (oldest < 0 || seen.rows.sent[oldest]! === at) return
  const deadline = seen.rows.sent[oldest]! + queue.pool.queueTimeoutMs
  if (at < deadline) return
  found.violated(
    [oldest],
    () =>
      `still waited in queue ${queue.number} just after ${ms(at)}, though its time was over ` +
      `at ${ms(deadline)}`,
  )
}

import type { Evidence, SeenQueue } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import { any, eachInstant } from '../instants.ts'
import type { Rule } from '../rule.ts'
import { type WaitingTime, waitingTime } from '../waiting-time.ts'

type Limits = (key: number) => WaitingTime

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
      const limits = (key: number) => waitingTime(queue.pool, seen.classOf(key))
      checkRows(seen, queue, limits, found)
      checkWaiting(seen, queue, limits, found)
    }
  },
}

function checkRows({ rows, left }: Evidence, queue: SeenQueue, limits: Limits, found: Findings) {
  for (const key of queue.timedOut) {
    found.checked++
    const { limitMs, waitsOn } = limits(key)
    const deadline = rows.sent[key]! + limitMs
    if (waitsOn) found.violated([key], () => `left at ${ms(left[key]!)}, though it may wait on`)
    else if (left[key]! < deadline) {
      found.violated(
        [key],
        () => `timed out at ${ms(left[key]!)}, before its deadline at ${ms(deadline)}`,
      )
    }
  }
  for (const key of queue.joined) {
    const { limitMs, waitsOn } = limits(key)
    if (rows.batch[key]! < 0 || waitsOn || limitMs === Number.POSITIVE_INFINITY) continue
    found.checked++
    const deadline = rows.sent[key]! + limitMs
    if (left[key]! < deadline) continue
    found.violated(
      [key],
      () => `dispatched at ${ms(left[key]!)}, though its time was over at ${ms(deadline)}`,
    )
  }
}

/** Looks after every event for one who waits although its time is over. */
function checkWaiting(seen: Evidence, queue: SeenQueue, limits: Limits, found: Findings): void {
  const { rows, left } = seen
  // those of one time-out run out of time in the order in which they came
  const lines = new Map<number, { readonly keys: number[]; head: number }>()
  for (const key of queue.joined) {
    const { limitMs, waitsOn } = limits(key)
    if (waitsOn || limitMs === Number.POSITIVE_INFINITY) continue
    const line = lines.get(limitMs) ?? { keys: [], head: 0 }
    lines.set(limitMs, line)
    line.keys.push(key)
  }
  if (lines.size === 0) return
  eachInstant(seen, queue, ({ at, joined, shed, timedOut, batches, ends, freeBefore }) => {
    const acted = ends > 0 || any(batches) || any(timedOut)
    if (!acted && !any(shed) && !(any(joined) && freeBefore > 0)) return
    found.checked++
    for (const [limitMs, line] of lines) {
      while (line.head < line.keys.length && left[line.keys[line.head]!]! <= at) line.head++
      const key = line.keys[line.head]
      if (key === undefined || rows.sent[key]! >= at || at < rows.sent[key]! + limitMs) continue
      found.violated(
        [key],
        () =>
          `still waited in queue ${queue.number} just after ${ms(at)}, though its time was over ` +
          `at ${ms(rows.sent[key]! + limitMs)}`,
      )
    }
  })
}

import type { Evidence, SeenQueue } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import { any, eachInstant, type Instant } from '../instants.ts'
import type { Rule } from '../rule.ts'

export const bounds: Rule = {
  rule: 'bounds',
  promise: 'no more requests wait in a queue than it holds; none is shed while there is room',
  check(seen: Evidence, found: Findings) {
    for (const queue of seen.queues) {
      const limited = queue.pool.maxLength < Number.POSITIVE_INFINITY
      if (!limited && queue.shed.length === 0) continue
      eachInstant(seen, queue, (instant) => {
        checkLength(queue, instant, found)
        if (any(instant.shed)) checkShed(seen, queue, instant, found)
      })
    }
  },
}

function checkLength(queue: SeenQueue, instant: Instant, found: Findings): void {
  const { joined, waitingAfter } = instant
  if (!any(joined)) return
  found.checked++
  const { maxLength } = queue.pool
  if (waitingAfter <= maxLength) return
  found.violated(
    queue.joined.slice(joined.from, joined.to),
    () =>
      `${waitingAfter} waited in queue ${queue.number} just after ${ms(instant.at)}; at most ` +
      `${maxLength} may`,
  )
}

/**
 * Who was dispatched at the very instant may have stood in the queue until just after the refusal;
 * who timed out then made room before it.
 */
function checkShed(seen: Evidence, queue: SeenQueue, instant: Instant, found: Findings): void {
  const { at, shed, joined, timedOut } = instant
  const { maxLength } = queue.pool
  let waiting = instant.waitingBefore
  for (let i = timedOut.from; i < timedOut.to; i++) {
    if (seen.rows.sent[queue.timedOut[i]!]! < at) waiting--
  }
  let next = joined.from
  for (let i = shed.from; i < shed.to; i++) {
    found.checked++
    const key = queue.shed[i]!
    while (next < joined.to && queue.joined[next]! < key) next++
    const most = waiting + next - joined.from
    if (most >= maxLength) continue
    found.violated(
      [key],
      () =>
        `shed at ${ms(at)} by queue ${queue.number}, in which at most ${most} waited; it holds ` +
        `${maxLength}`,
    )
  }
}

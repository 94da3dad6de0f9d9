import type { Evidence } from '../../evidence/evidence.ts'
import { eachInstant, type Instant, wasChecked } from '../../evidence/instants.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { type CountedQueue, dependsOnCount, taken, windowCloses } from '../batching/policy.ts'

/**
 * Control planes act on events. A rejected request is no such event: it changes nothing, and a late
 * timer may still be pending.
 */
export const idle: Rule = {
  rule: 'idle',
  promise: 'after every event at a queue, no executor is free while a batch is due',
  settings: ['max-batch', 'max-delay'],
  check(evidence, findings) {
    for (const queue of evidence.unhindered.filter(dependsOnCount)) {
      const fixed = queue.pool.batching.policy === 'fixed'
      const end =
        fixed && evidence.end.isEvent ? evidence.end.certainFrom : Number.POSITIVE_INFINITY
      eachInstant(
        evidence,
        queue,
        (instant) => checkInstant(evidence, queue, instant, findings),
        end,
      )
    }
  },
}

function checkInstant(
  evidence: Evidence,
  queue: CountedQueue,
  instant: Instant,
  findings: Findings,
): void {
  const { at, oldest, waitingAfter, freeAfter } = instant
  const ending = at >= evidence.end.certainFrom
  if (!wasChecked(instant) && !ending) return
  findings.checked++
  if (freeAfter <= 0 || waitingAfter <= 0 || oldest < 0) return
  const { batching } = queue.pool
  const sent = evidence.rows.sent[oldest]!
  const closes = windowCloses(batching, sent)
  const due = taken(batching, waitingAfter, { closed: at >= closes, ending })
  if (due === 0) return
  findings.violated([oldest], () => {
    const window = at >= closes ? `, whose window closed at ${ms(closes)},` : ''
    return (
      `request ${oldest}${window} still waited in queue ${queue.number} just after ${ms(at)} with ` +
      `${waitingAfter - 1} others while ${freeAfter} of ${queue.executors} executors were free; ` +
      `a batch of ${due} was due`
    )
  })
}

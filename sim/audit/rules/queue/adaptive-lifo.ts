import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { overloadOf } from './overload.ts'

/** Its timeouts are checked with all others, by the rule `queue-timeout`. */
export const adaptiveLifo: Rule = {
  rule: 'adaptive-lifo',
  promise: 'in overload, a queue dispatches its newest request first; otherwise its oldest',
  check(evidence, findings) {
    for (const queue of evidence.queues) {
      const { adaptiveLifo: promised } = queue.pool.admission
      if (promised !== null) checkQueue(evidence, queue, promised.intervalMs, findings)
    }
  },
}

/**
 * Checks each batch for a request that should have preceded one of its members, and still waited.
 * Of the requests that arrived at the instant of the batch, only those before a member surely
 * waited already.
 */
function checkQueue(
  evidence: Evidence,
  queue: SeenQueue,
  intervalMs: number,
  findings: Findings,
): void {
  const { rows, left } = evidence
  const { joined, batches } = queue
  const { onDispatch } = overloadOf(evidence, queue, intervalMs)
  /** requests that arrived and may still wait, the newest last */
  const waiting: number[] = []
  let next = 0
  let oldest = 0
  for (const [i, batch] of batches.entries()) {
    findings.checked++
    const at = batch.dispatched
    const waitsOn = (key: number | undefined) => key !== undefined && left[key]! > at
    const first = batch.members[0]!
    const last = batch.members.at(-1)!
    while (oldest < joined.length && !waitsOn(joined[oldest])) oldest++
    for (; next < joined.length; next++) {
      const key = joined[next]!
      if (rows.sent[key]! >= at && key >= last) break
      waiting.push(key)
    }
    while (waiting.length > 0 && !waitsOn(waiting.at(-1))) waiting.pop()
    if (onDispatch[i] === 'yes' && waiting.length > 0 && waiting.at(-1)! > first) {
      report(evidence, { batch, before: waiting.at(-1)!, member: first, order: 'newest' }, findings)
    }
    const longest = joined[oldest]
    if (onDispatch[i] === 'no' && longest !== undefined && longest < last) {
      report(evidence, { batch, before: longest, member: last, order: 'oldest' }, findings)
    }
  }
}

function report(
  { rows, left }: Evidence,
  wrong: { batch: SeenBatch; before: number; member: number; order: 'newest' | 'oldest' },
  findings: Findings,
): void {
  const { batch, before, member, order } = wrong
  findings.violated(
    [before, member],
    () =>
      `the ${order} request is to be first at ${ms(batch.dispatched)}; ${member} was dispatched, which ` +
      `arrived at ${ms(rows.sent[member]!)}; ${before} arrived at ${ms(rows.sent[before]!)} and ` +
      `waited until ${ms(left[before]!)}`,
  )
}

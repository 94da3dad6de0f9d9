import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { LeastFirst } from '../../evidence/least-first.ts'
import {
  comparePositions,
  type QueuePosition,
  queuePositionOf,
  type WaitingRequest,
} from '../../evidence/queue-position.ts'
import { groupsOf, type SeenBatch } from '../../evidence/seen-batch.ts'
import { delaysTimedOut } from '../../evidence/waiting-time.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { batchGroupsOf } from '../batching/bucket-of.ts'

export const order: Rule = {
  rule: 'order',
  promise: 'requests are dispatched in the order of the discipline of their queue',
  check(evidence, findings) {
    for (const queue of evidence.queues) {
      for (const lane of batchGroupsOf(evidence, queue)) checkQueue(evidence, lane, findings)
    }
  },
}

function checkQueue(evidence: Evidence, queue: SeenQueue, findings: Findings): void {
  const { order, admission } = queue.pool
  // checked by the rule `adaptive-lifo`
  if (admission.adaptiveLifo !== null) return
  const { discipline } = order
  const waitOn = delaysTimedOut(queue, evidence.promises)
  if (waitOn || (discipline !== 'fifo' && !isFair(queue))) {
    const position = queuePositionOf(evidence, queue)
    if (position !== null) checkPositions(evidence, queue, position, findings)
    return
  }
  // all requests go in order, or all of each tenant
  const groups = groupsOf(queue.joined, (key) =>
    discipline === 'fifo' ? '' : evidence.classOf(key).tenant,
  )
  for (const joined of groups.values()) checkTurns(evidence, queue, joined, findings)
}

const isFair = ({ pool: { order } }: SeenQueue) =>
  order.discipline === 'deficit-round-robin' || order.discipline === 'virtual-token-counter'

/** Checks that requests of `joined` are dispatched in order of arrival. */
function checkTurns(
  { rows, left }: Evidence,
  { number }: SeenQueue,
  joined: readonly number[],
  findings: Findings,
): void {
  /** of the requests so far, the one that waited until the latest time */
  let latest = -1
  /** the last dispatched request */
  let previous = -1
  const begun = new Set<number>()
  for (const key of joined) {
    findings.checked++
    const batch = rows.batch[key]!
    if (batch >= 0) {
      const before = latest
      if (before >= 0 && left[before]! > left[key]!) {
        findings.violated(
          [before, key],
          () =>
            `request ${before} joined queue ${number} at ${ms(rows.sent[before]!)}, before ` +
            `${key}, but waited until ${ms(left[before]!)}; ${key} until ${ms(left[key]!)}`,
        )
      } else if (previous >= 0 && batch !== rows.batch[previous] && begun.has(batch)) {
        const between = previous
        findings.violated(
          [between, key],
          () => `request ${between} of another batch precedes ${key}, but follows its batch`,
        )
      }
      begun.add(batch)
      previous = key
    }
    if (latest < 0 || left[key]! > left[latest]!) latest = key
  }
}

/**
 * Checks each batch for a request that preceded its last member and still waited. Of the requests
 * that arrived at the instant of the batch, only those before a member surely waited already.
 */
function checkPositions(
  evidence: Evidence,
  queue: SeenQueue,
  position: QueuePosition,
  findings: Findings,
): void {
  const { rows, left } = evidence
  const { joined } = queue
  const line = new LeastFirst<WaitingRequest>((a, b) => comparePositions(position, a, b))
  const isLate = (key: number, at: number) => at >= position.lateFrom(key)
  const lateKeys = joined
    .filter((key) => position.lateFrom(key) < Number.POSITIVE_INFINITY)
    .sort((a, b) => position.lateFrom(a) - position.lateFrom(b))
  let nextCome = 0
  let nextLate = 0
  for (const batch of queue.batches) {
    findings.checked++
    const at = batch.dispatched
    const lastCome = batch.members.at(-1)!
    const surelyThere = (key: number) => rows.sent[key]! < at || key < lastCome
    while (nextCome < joined.length && surelyThere(joined[nextCome]!)) {
      line.add({ key: joined[nextCome++]!, late: false })
    }
    while (nextLate < lateKeys.length && isLate(lateKeys[nextLate]!, at)) {
      line.add({ key: lateKeys[nextLate++]!, late: true })
    }
    const unsure: WaitingRequest[] = []
    let first = line.first
    for (; first !== undefined; first = line.first) {
      const { key, late } = first
      const waits = left[key]! > at && late === isLate(key, at)
      if (waits && surelyThere(key)) break
      if (waits) unsure.push(first)
      line.drop()
    }
    if (first !== undefined) judge(evidence, queue, { batch, position, first }, findings)
    for (const request of unsure) line.add(request)
  }
}

function judge(
  { rows, left }: Evidence,
  { number }: SeenQueue,
  { batch, position, first }: { batch: SeenBatch; position: QueuePosition; first: WaitingRequest },
  findings: Findings,
): void {
  const at = batch.dispatched
  for (const key of batch.members) {
    const member = { key, late: at >= position.lateFrom(key) }
    if (comparePositions(position, first, member) >= 0) continue
    findings.violated(
      [first.key, key],
      () =>
        `request ${first.key} joined queue ${number} at ${ms(rows.sent[first.key]!)} and precedes ` +
        `${key}, but waited until ${ms(left[first.key]!)}; ${key} was dispatched at ${ms(at)}`,
    )
    return
  }
}

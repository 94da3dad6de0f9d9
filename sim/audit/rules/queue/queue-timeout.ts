import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { any, eachInstant } from '../../evidence/instants.ts'
import { LeastFirst } from '../../evidence/least-first.ts'
import { CANCELLED, TIMED_OUT, WITHDRAWN } from '../../evidence/raw-rows.ts'
import { type TimeIsOver, timesOver, waitingTime } from '../../evidence/waiting-time.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { admissionDecision } from '../admission/refused.ts'

/**
 * A control plane checks timeouts when it may act: when an executor becomes free, when a request
 * arrives while one is free, when one arrives at a full queue (so whenever a request is rejected
 * that memory could hold), and on timers, which show where a request timed out or was dispatched. A
 * request that joins a queue whose executors are all busy triggers no check, as in Triton, whose
 * batcher is lazy.
 */
export const queueTimeout: Rule = {
  rule: 'queue-timeout',
  promise: 'a request leaves its queue at its queue timeout or cancellation, and not earlier',
  check(evidence, findings) {
    for (const queue of evidence.queues) {
      const times = timesOver(evidence, queue)
      checkLeavers(evidence, queue, times, findings)
      checkDispatched(evidence, queue, times, findings)
      checkWaiting(evidence, queue, times, findings)
    }
  },
}

type Times = (key: number) => TimeIsOver

function checkLeavers(
  evidence: Evidence,
  queue: SeenQueue,
  times: Times,
  findings: Findings,
): void {
  const { rows, left, classOf } = evidence
  for (const key of queue.timedOut) {
    if (rows.outcome[key] === WITHDRAWN) continue
    findings.checked++
    const promised = classOf(key)
    const { earliest: deadline } = times(key)
    // drops by cork are checked by another rule
    if (queue.pool.batching.policy === 'cork' && left[key]! < deadline) continue
    const withClient = promised.cancels && left[key]! >= rows.leaves[key]!
    const expected = withClient ? CANCELLED : TIMED_OUT
    if (left[key]! < deadline) {
      const text = () => `timed out at ${ms(left[key]!)}, before its timeout at ${ms(deadline)}`
      findings.violated([key], text)
    } else if (waitingTime(queue.pool, promised).waitsOn && !promised.cancels) {
      findings.violated(
        [key],
        () => `timed out at ${ms(left[key]!)}, but its timeout only delays it`,
      )
    } else if (rows.outcome[key] !== expected) {
      const text = withClient ? 'cancelled, after its client timeout' : 'timed out'
      findings.violated([key], () => `left at ${ms(left[key]!)}; expected outcome: ${text}`)
    }
  }
}

function checkDispatched(
  evidence: Evidence,
  queue: SeenQueue,
  times: Times,
  findings: Findings,
): void {
  const { rows, left } = evidence
  for (const key of queue.joined) {
    const { latest: deadline } = times(key)
    const { waitsOn } = waitingTime(queue.pool, evidence.classOf(key))
    if (rows.batch[key]! < 0 || waitsOn || deadline === Number.POSITIVE_INFINITY) continue
    const text = () => `dispatched at ${ms(left[key]!)}, after its timeout at ${ms(deadline)}`
    findings.check(left[key]! < deadline, [key], text)
  }
}

/** Checks after every event for a request that waits past its timeout. */
function checkWaiting(
  evidence: Evidence,
  queue: SeenQueue,
  times: Times,
  findings: Findings,
): void {
  const { rows, left } = evidence
  const limited = queue.joined.filter((key) => {
    const { waitsOn } = waitingTime(queue.pool, evidence.classOf(key))
    return !waitsOn && times(key).latest < Number.POSITIVE_INFINITY
  })
  if (limited.length === 0) return
  const overAt = (key: number) => times(key).latest
  // a prefilled request ends in another pool
  const endsHere = !queue.pool.generation?.handOver
  const mayMakeRoom = (key: number) => admissionDecision(rows, key, 'memory') === 'passed'
  const waiting = new LeastFirst<number>((a, b) => overAt(a) - overAt(b))
  let next = 0
  eachInstant(evidence, queue, ({ at, joined, shed, timedOut, batches, ends, freeBefore }) => {
    const acted = (ends > 0 && endsHere) || any(batches) || any(timedOut)
    const lookedFor = queue.shed.slice(shed.from, shed.to).some(mayMakeRoom)
    if (!acted && !lookedFor && !(any(joined) && freeBefore > 0)) return
    findings.checked++
    while (next < limited.length && rows.sent[limited[next]!]! < at) waiting.add(limited[next++]!)
    while (waiting.first !== undefined && at >= overAt(waiting.first)) {
      const key = waiting.first
      waiting.drop()
      if (left[key]! <= at) continue
      findings.violated([key], () => {
        const where = `in queue ${queue.number} just after ${ms(at)}`
        return `still waited ${where}, after its timeout at ${ms(overAt(key))}`
      })
    }
  })
}

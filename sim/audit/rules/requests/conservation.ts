import type { Evidence } from '../../evidence/evidence.ts'
import {
  ABANDONED,
  CANCELLED,
  FAILED,
  REDUNDANT,
  REFUSED_BY,
  SERVED,
  SHED,
  TIMED_OUT,
  WITHDRAWN,
} from '../../evidence/raw-rows.ts'
import { count, ms, type Rule } from '../../findings.ts'

/** Outcomes of requests that were in no batch, in words. */
const LOST: Readonly<Record<number, string>> = {
  [SHED]: 'shed',
  [TIMED_OUT]: 'timed out',
  [CANCELLED]: 'cancelled',
  [WITHDRAWN]: 'withdrawn',
}

const REASONS: readonly number[] = Object.values(REFUSED_BY)

/** Largest difference between the clocks of a live run's threads, ms. */
const CLOCK_SLACK_MS = 0.1

export const conservation: Rule = {
  rule: 'conservation',
  promise: 'every part of a request has one row and one outcome, and its times are in order',
  on: 'sends',
  check(evidence, findings) {
    const { rows, expected } = evidence
    const sent = expected.sending.length
    if (rows.at.length !== sent) {
      const least = Math.min(rows.at.length, sent)
      findings.violated(
        [least],
        () => `${count(sent)} requests were sent, but there are ${count(rows.at.length)} rows`,
      )
    }
    for (let key = 0; key < Math.min(rows.at.length, sent); key++) {
      const problem = identity(evidence, key) ?? arrival(evidence, key) ?? end(evidence, key)
      findings.check(problem === null, [key], () => problem!)
    }
  },
}

function identity(evidence: Evidence, key: number): string | null {
  const { rows, requests, expected } = evidence
  const number = expected.sending[key]!
  if (rows.sendId[key] !== number || rows.part[key] !== expected.part[key]) {
    const actual = `part ${rows.part[key]} of request ${rows.sendId[key]}`
    return `${actual}, but part ${expected.part[key]} of request ${number} was next`
  }
  for (const name of ['at', 'inputTokens', 'class'] as const) {
    if (rows[name][key] === requests[name][number]) continue
    return `${name} is ${rows[name][key]}, but ${requests[name][number]} in its request`
  }
  // its client may have held it back
  const { maxInFlight } = evidence.promises.reactions?.classes[rows.class[key]!] ?? {}
  const first = rows.attempt[key] === 1 && maxInFlight === undefined
  if (
    first
      ? rows.firstScheduledAt[key] !== rows.at[key]
      : !(rows.firstScheduledAt[key]! <= rows.at[key]!)
  ) {
    return `attempt ${rows.attempt[key]} at ${ms(rows.at[key]!)} of a call at ${ms(rows.firstScheduledAt[key]!)}`
  }
  return null
}

function arrival({ rows, queues }: Evidence, key: number): string | null {
  const sent = rows.sent[key]!
  if (!(sent >= rows.at[key]!)) {
    return `sent at ${ms(sent)}, but scheduled at ${ms(rows.at[key]!)}`
  }
  if (key > 0 && sent < rows.sent[key - 1]!) {
    return `sent at ${ms(sent)}, before request ${key - 1} at ${ms(rows.sent[key - 1]!)}`
  }
  const queue = queues[rows.queue[key]!]
  if (queue === undefined) return `routed to queue ${rows.queue[key]}, which does not exist`
  if (queue.poolIndex !== rows.pool[key]) {
    return `pool ${rows.pool[key]}, but queue ${queue.number}, which is of pool ${queue.poolIndex}`
  }
  return null
}

function end(evidence: Evidence, key: number): string | null {
  const { rows } = evidence
  const outcome = rows.outcome[key]!
  const ran = rows.batch[key]! >= 0
  const inBatch =
    outcome === SERVED ||
    outcome === ABANDONED ||
    outcome === REDUNDANT ||
    (outcome === FAILED && ran)
  const lost = LOST[outcome] !== undefined
  if (outcome === FAILED && !ran) return waitingProblem(evidence, key)
  if (!inBatch && !lost) return `unknown outcome ${outcome}`
  if (!(rows.done[key]! >= rows.sent[key]!)) {
    return `sent at ${ms(rows.sent[key]!)}, but its end was known at ${ms(rows.done[key]!)}`
  }
  const refusal = rows.refusal[key]!
  if (outcome === SHED ? !REASONS.includes(refusal) : refusal !== 0) {
    return `outcome ${outcome} does not go with refusal ${refusal}`
  }
  return inBatch ? ranProblem(evidence, key) : lostProblem(evidence, key)
}

/** A request fails while it waits only with the replica that has its queue. */
function waitingProblem({ rows, queues }: Evidence, key: number): string | null {
  const { pool, firstExecutor, absences } = queues[rows.queue[key]!]!
  const done = rows.done[key]!
  if (pool.perReplicaQueues && absences.isLostAt(firstExecutor, done)) return null
  return `failed in no batch at ${ms(done)}, when no replica with its queue was lost`
}

function ranProblem({ rows, delivered }: Evidence, key: number): string | null {
  if (rows.batch[key]! < 0) return `outcome ${rows.outcome[key]}, but no batch`
  if (rows.executor[key]! < 0) return `batch ${rows.batch[key]}, but no executor`
  const dispatched = rows.dispatched[key]!
  const started = rows.started[key]!
  const ended = rows.ended[key]!
  const inOrder =
    dispatched >= (delivered?.[key] ?? rows.sent[key]!) &&
    started >= dispatched - CLOCK_SLACK_MS &&
    ended >= started &&
    rows.done[key]! >= ended
  if (inOrder) return null
  const times = [rows.sent[key]!, dispatched, started, ended, rows.done[key]!].map(ms)
  return `sent, dispatched, started, ended and known to have ended at ${times.join(', ')}`
}

function lostProblem({ rows, delivered }: Evidence, key: number): string | null {
  const name = LOST[rows.outcome[key]!]
  if (rows.batch[key]! >= 0 || rows.executor[key]! >= 0 || rows.batchSize[key] !== 0) {
    return `${name}, but in batch ${rows.batch[key]} on executor ${rows.executor[key]}`
  }
  for (const time of [rows.dispatched[key]!, rows.started[key]!, rows.ended[key]!]) {
    if (!Number.isNaN(time)) return `${name}, but on an executor at ${ms(time)}`
  }
  // where a network carries it, it is refused as it is delivered
  const sent = delivered?.[key] ?? rows.sent[key]!
  if (rows.outcome[key] === SHED && rows.done[key] !== sent) {
    return `shed at ${ms(rows.done[key]!)}, but sent at ${ms(sent)}`
  }
  return null
}

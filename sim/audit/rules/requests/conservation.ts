import type { Evidence } from '../../evidence/evidence.ts'
import {
  ABANDONED,
  CANCELLED,
  FAILED,
  REFUSED_BY,
  SERVED,
  SHED,
  TIMED_OUT,
} from '../../evidence/raw-rows.ts'
import { type Findings, ms } from '../../findings.ts'
import type { Rule } from '../../rule.ts'

/** Outcomes of requests that were in no batch, in words. */
const LOST: Readonly<Record<number, string>> = {
  [SHED]: 'shed',
  [TIMED_OUT]: 'timed out',
  [CANCELLED]: 'cancelled',
}

const REASONS: readonly number[] = Object.values(REFUSED_BY)

/** Largest difference between the clocks of a live run's threads, ms. */
const CLOCK_SLACK_MS = 0.1

export const conservation: Rule = {
  rule: 'conservation',
  promise: 'every part of a request has one row and ends once; its times follow one another',
  check(seen: Evidence, found: Findings) {
    const { rows, expected } = seen
    const count = expected.sending.length
    if (rows.at.length !== count) {
      const least = Math.min(rows.at.length, count)
      found.violated([least], () => `${count} requests came, but there are ${rows.at.length} rows`)
    }
    for (let key = 0; key < Math.min(rows.at.length, count); key++) {
      found.checked++
      const problem = identity(seen, key) ?? arrival(seen, key) ?? end(seen, key)
      if (problem !== null) found.violated([key], () => problem)
    }
  },
}

function identity({ rows, requests, expected }: Evidence, key: number): string | null {
  const number = expected.sending[key]!
  if (rows.sending[key] !== number || rows.part[key] !== expected.part[key]) {
    const actual = `part ${rows.part[key]} of request ${rows.sending[key]}`
    return `${actual}, but part ${expected.part[key]} of ${number} was next`
  }
  if (rows.at[key] !== requests.at[number]) {
    return `scheduled at ${ms(rows.at[key]!)}, but its request at ${ms(requests.at[number]!)}`
  }
  if (rows.length[key] !== requests.length[number]) {
    return `of length ${rows.length[key]}, but its request of ${requests.length[number]}`
  }
  if (rows.class[key] !== requests.class[number]) {
    return `of class ${rows.class[key]}, but its request of ${requests.class[number]}`
  }
  const first = rows.attempt[key] === 1
  if (first ? rows.since[key] !== rows.at[key] : !(rows.since[key]! <= rows.at[key]!)) {
    return `attempt ${rows.attempt[key]} at ${ms(rows.at[key]!)} of a call at ${ms(rows.since[key]!)}`
  }
  return null
}

function arrival({ rows, queues }: Evidence, key: number): string | null {
  const sent = rows.sent[key]!
  if (!(sent >= rows.at[key]!)) {
    return `handed over at ${ms(sent)}, but scheduled at ${ms(rows.at[key]!)}`
  }
  if (key > 0 && sent < rows.sent[key - 1]!) {
    return `handed over at ${ms(sent)}, before request ${key - 1} at ${ms(rows.sent[key - 1]!)}`
  }
  const queue = queues[rows.queue[key]!]
  if (queue === undefined) return `came to queue ${rows.queue[key]}, which does not exist`
  if (queue.poolIndex !== rows.pool[key]) {
    return `came to pool ${rows.pool[key]}, but to queue ${queue.number} of pool ${queue.poolIndex}`
  }
  return null
}

function end(seen: Evidence, key: number): string | null {
  const { rows } = seen
  const outcome = rows.outcome[key]!
  const inBatch = outcome === SERVED || outcome === ABANDONED || outcome === FAILED
  const lost = outcome === SHED || outcome === TIMED_OUT || outcome === CANCELLED
  if (!inBatch && !lost) return `its outcome is ${outcome}, which is none`
  if (!(rows.done[key]! >= rows.sent[key]!)) {
    return `came at ${ms(rows.sent[key]!)}, but its end was known at ${ms(rows.done[key]!)}`
  }
  const refusal = rows.refusal[key]!
  if (outcome === SHED ? !REASONS.includes(refusal) : refusal !== 0) {
    return `ended with outcome ${outcome}, and was refused for reason ${refusal}`
  }
  return inBatch ? ranProblem(seen, key) : lostProblem(seen, key)
}

function ranProblem({ rows }: Evidence, key: number): string | null {
  if (rows.batch[key]! < 0) return `ended with outcome ${rows.outcome[key]}, but was in no batch`
  if (rows.executor[key]! < 0) return `was in batch ${rows.batch[key]}, but on no executor`
  const dispatched = rows.dispatched[key]!
  const started = rows.started[key]!
  const ended = rows.ended[key]!
  const inOrder =
    dispatched >= rows.sent[key]! &&
    started >= dispatched - CLOCK_SLACK_MS &&
    ended >= started &&
    rows.done[key]! >= ended
  if (inOrder) return null
  const times = [rows.sent[key]!, dispatched, started, ended, rows.done[key]!].map(ms)
  return `came, was dispatched, began, ended and was known to have at ${times.join(', ')}`
}

function lostProblem({ rows }: Evidence, key: number): string | null {
  const name = LOST[rows.outcome[key]!]
  if (rows.batch[key]! >= 0 || rows.executor[key]! >= 0 || rows.batchSize[key] !== 0) {
    return `${name}, but was in batch ${rows.batch[key]} on executor ${rows.executor[key]}`
  }
  for (const time of [rows.dispatched[key]!, rows.started[key]!, rows.ended[key]!]) {
    if (!Number.isNaN(time)) return `${name}, but was worked on at ${ms(time)}`
  }
  if (rows.outcome[key] === SHED && rows.done[key] !== rows.sent[key]) {
    return `shed at ${ms(rows.done[key]!)}, but it came at ${ms(rows.sent[key]!)}`
  }
  return null
}

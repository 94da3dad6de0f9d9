import type { Evidence, SeenBatch, SeenQueue } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import { eachInstant, type Instant } from '../instants.ts'
import { type Moment, taken, windowCloses } from '../policy.ts'
import type { Rule } from '../rule.ts'

/**
 * While its window is open a batch is the largest preferred size that those who wait fill; later it
 * is everything up to the largest batch.
 */
export const preferredSize: Rule = {
  rule: 'preferred-size',
  promise: 'a batch is as large as it may be: a preferred size while its window is open, later any',
  check(seen: Evidence, found: Findings) {
    for (const queue of seen.queues) {
      eachInstant(seen, queue, (instant) => checkInstant(seen, queue, instant, found))
    }
  },
}

/**
 * Requests may come between two decisions of one instant. So a batch is right where some number of
 * those who came at its instant, no fewer than for the batch before it, makes it so.
 */
function checkInstant(seen: Evidence, queue: SeenQueue, instant: Instant, found: Findings): void {
  const { batches, joined, timedOut } = instant
  if (batches.to === batches.from) return
  const { batching } = queue.pool
  const coming = joined.to - joined.from
  // time-outs are looked after before anything is dispatched
  let waiting = instant.waitingBefore
  for (let i = timedOut.from; i < timedOut.to; i++) {
    if (seen.rows.sent[queue.timedOut[i]!]! < instant.at) waiting--
  }
  let came = 0
  for (let i = batches.from; i < batches.to; i++) {
    found.checked++
    const batch = queue.batches[i]!
    const size = batch.members.length
    const moment = momentOf(seen, queue, batch)
    const enough = least(came, coming, (more) => taken(batching, waiting + more, moment) >= size)
    if (enough <= coming && taken(batching, waiting + enough, moment) === size) {
      came = enough
    } else {
      found.violated(batch.members, () => {
        const low = waiting + came
        const range = came === coming ? `${low}` : `${low} to ${waiting + coming}`
        const sizes = [came, coming].map((more) => taken(batching, waiting + more, moment))
        const expected = [...new Set(sizes)].map((due) => (due === 0 ? 'none' : `one of ${due}`))
        const window = moment.closed ? 'closed' : 'not closed'
        return (
          `a batch of ${size} at ${ms(batch.dispatched)}, with ${range} waiting and the window ` +
          `${window}; expected ${expected.join(' or ')}`
        )
      })
    }
    waiting -= size
  }
}

function momentOf({ rows, lastSent }: Evidence, { pool }: SeenQueue, batch: SeenBatch): Moment {
  const { batching } = pool
  const { members, dispatched } = batch
  return {
    closed: dispatched >= windowCloses(batching, rows.sent[members[0]!]!),
    ending:
      batching.policy === 'fixed' && members.length < batching.batch && dispatched >= lastSent,
  }
}

/** Least number from `low` to `high` that passes a test, as larger ones do; or `high` + 1. */
function least(low: number, high: number, passes: (n: number) => boolean): number {
  let from = low
  let to = high + 1
  while (from < to) {
    const middle = (from + to) >> 1
    if (passes(middle)) to = middle
    else from = middle + 1
  }
  return from
}

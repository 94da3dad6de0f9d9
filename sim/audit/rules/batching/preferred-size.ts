import type { Evidence } from '../../evidence/evidence.ts'
import { eachInstant, type Instant } from '../../evidence/instants.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { delaysTimedOut } from '../../evidence/waiting-time.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import {
  type ByCount,
  type CountedQueue,
  dependsOnCount,
  type Moment,
  taken,
  windowCloses,
} from './policy.ts'

/**
 * While its window is open, a batch has the largest preferred size that the waiting requests fill;
 * later it has all of them, up to the largest batch.
 */
export const preferredSize: Rule = {
  rule: 'preferred-size',
  promise: 'a batch is as large as allowed: a preferred size while its window is open, then any',
  settings: ['max-batch', 'max-delay'],
  check(evidence, findings) {
    for (const queue of evidence.unhindered.filter(dependsOnCount)) {
      eachInstant(evidence, queue, (instant) => checkInstant(evidence, queue, instant, findings))
    }
  },
}

function checkInstant(
  evidence: Evidence,
  queue: CountedQueue,
  instant: Instant,
  findings: Findings,
): void {
  const batches = queue.batches.slice(instant.batches.from, instant.batches.to)
  if (batches.length === 0) return
  findings.checked += batches.length
  for (const { members, text } of wrongBatches(evidence, queue, batches, instant)) {
    findings.violated(members, text)
  }
}

function goInOrder({ promises }: Evidence, queue: CountedQueue): boolean {
  const { order, admission } = queue.pool
  const keepsOrder = order.discipline === 'fifo' && admission.adaptiveLifo === null
  return keepsOrder && !delaysTimedOut(queue, promises)
}

interface Wrong {
  readonly members: readonly number[]
  readonly text: () => string
}

/**
 * Requests may arrive between two decisions of one instant. So a batch is right if it follows from
 * some number of the instant's arrivals, no fewer than for the batch before it.
 */
function wrongBatches(
  evidence: Evidence,
  queue: CountedQueue,
  batches: readonly SeenBatch[],
  instant: Instant,
): Wrong[] {
  const { joined, timedOut } = instant
  const { batching } = queue.pool
  const coming = joined.to - joined.from
  // timeouts are handled before any dispatch
  let waiting = instant.waitingBefore
  for (let i = timedOut.from; i < timedOut.to; i++) {
    if (evidence.rows.sent[queue.timedOut[i]!]! < instant.at) waiting--
  }
  let came = 0
  const wrong: Wrong[] = []
  for (const batch of batches) {
    const size = batch.members.length
    const moments = momentsOf(evidence, queue, batch, instant)
    const [low, high] = [waiting, waiting + coming]
    const enough = moments.flatMap((moment) => {
      const due = (more: number) => taken(batching, low + more, moment)
      const least = leastOf(came, coming, (more) => due(more) >= size)
      return least <= coming && due(least) === size ? [least] : []
    })
    if (enough.length > 0) came = Math.min(...enough)
    else {
      const text = () => wrongText(batch, batching, moments[0]!, [low + came, high])
      wrong.push({ members: batch.members, text })
    }
    waiting -= size
  }
  return wrong
}

function wrongText(
  { members, dispatched }: SeenBatch,
  batching: ByCount,
  moment: Moment,
  waiting: readonly [least: number, most: number],
): string {
  const range = [...new Set(waiting)].join(' to ')
  const sizes = new Set(waiting.map((count) => taken(batching, count, moment)))
  const expected = Array.from(sizes, (due) => (due === 0 ? 'none' : `a batch of ${due}`))
  const window = moment.closed ? 'closed' : 'not closed'
  return (
    `a batch of ${members.length} at ${ms(dispatched)}, with ${range} waiting and the window ` +
    `${window}; expected ${expected.join(' or ')}`
  )
}

/**
 * The window that counts is that of the oldest request. Where that request need not go first, rows
 * with several batches at one instant do not show whether it still waited.
 */
function momentsOf(
  evidence: Evidence,
  queue: CountedQueue,
  { members, dispatched }: SeenBatch,
  { oldestBefore, batches }: Instant,
): readonly Moment[] {
  const { rows, end } = evidence
  const { batching } = queue.pool
  const ending =
    batching.policy === 'fixed' && members.length < batching.batch && end.mayHaveEnded(dispatched)
  const first = members[0]!
  const longest = oldestBefore < 0 ? first : oldestBefore
  const alone = batches.to - batches.from === 1
  const candidates = goInOrder(evidence, queue) ? [first] : alone ? [longest] : [longest, first]
  return candidates.map((key) => ({
    closed: dispatched >= windowCloses(batching, rows.sent[key]!),
    ending,
  }))
}

/**
 * Least number from `low` to `high` that passes a test, which all larger ones pass; or `high` + 1.
 */
function leastOf(low: number, high: number, passes: (n: number) => boolean): number {
  let from = low
  let to = high + 1
  while (from < to) {
    const middle = (from + to) >> 1
    if (passes(middle)) to = middle
    else from = middle + 1
  }
  return from
}

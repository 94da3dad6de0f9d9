import { type Evidence, onlyOf, type SeenQueue } from '../../evidence/evidence.ts'
import { any, eachInstant, type Instant } from '../../evidence/instants.ts'
import { REFUSED_BY, SHED, WITHDRAWN } from '../../evidence/raw-rows.ts'
import { timeIsOver } from '../../evidence/waiting-time.ts'
import { count, type Findings, ms, type Rule } from '../../findings.ts'

/** A length limit of a queue, or of one priority level in it. */
interface Bound {
  readonly maxLength: number
  /** in words */
  readonly of: string
  /** the queue, restricted to the requests that the limit counts */
  readonly queue: SeenQueue
}

export const bounds: Rule = {
  rule: 'bounds',
  promise: 'a queue never exceeds its length limit, and rejects no request while it has room',
  check(evidence, findings) {
    for (const queue of evidence.queues) {
      /** by rejected request: the most requests that may have waited under each of its limits */
      const room = new Map<number, string[]>()
      const full = new Set<number>()
      for (const bound of boundsOf(evidence, queue)) {
        const limited = bound.maxLength < Number.POSITIVE_INFINITY
        if (!limited && queue.shed.length === 0) continue
        eachInstant(evidence, bound.queue, (instant) => {
          checkLength(bound, instant, findings)
          for (const [key, most] of mostWaiting(evidence, bound.queue, instant)) {
            if (most >= bound.maxLength) full.add(key)
            else room.set(key, [...(room.get(key) ?? []), roomText(bound, most)])
          }
        })
      }
      for (const key of queue.shed) {
        if (evidence.rows.refusal[key] !== REFUSED_BY.queue) continue
        findings.check(full.has(key), [key], () => {
          const at = ms(evidence.rows.sent[key]!)
          return `shed at ${at} by ${room.get(key)!.join('; and by ')}`
        })
      }
    }
  },
}

const isWithdrawn = ({ rows }: Evidence, key: number) => rows.outcome[key] === WITHDRAWN

const roomText = ({ of, maxLength }: Bound, most: number) =>
  `${of}, where at most ${count(most)} waited; its limit is ${count(maxLength)}`

function boundsOf({ classOf }: Evidence, queue: SeenQueue): Bound[] {
  const { pool, number } = queue
  const levels = pool.levels.filter(({ maxLength }) => maxLength < Number.POSITIVE_INFINITY)
  const within = levels.map(({ priority, maxLength }) => {
    const part = onlyOf(queue, (key) => classOf(key).priority === priority)
    return { maxLength, of: `level ${priority} of queue ${number}`, queue: part }
  })
  return [{ maxLength: pool.maxLength, of: `queue ${number}`, queue }, ...within]
}

function checkLength({ maxLength, of, queue }: Bound, instant: Instant, findings: Findings): void {
  const { joined, waitingAfter } = instant
  if (!any(joined)) return
  const keys = () => queue.joined.slice(joined.from, joined.to)
  findings.check(waitingAfter <= maxLength, keys, () => {
    const limit = `the limit is ${count(maxLength)}`
    return `${count(waitingAfter)} requests waited in ${of} just after ${ms(instant.at)}; ${limit}`
  })
}

/**
 * The most requests that may have waited at each rejection. A request dispatched at that instant
 * may have waited until after the rejection; one that timed out made room before it.
 */
function* mostWaiting(
  evidence: Evidence,
  queue: SeenQueue,
  { at, shed, joined, timedOut, waitingBefore }: Instant,
): Generator<[key: number, most: number]> {
  let waiting = waitingBefore
  for (let i = timedOut.from; i < timedOut.to; i++) {
    const key = queue.timedOut[i]!
    // cork may drop it because of a request that arrived after the rejection
    const dropped = queue.pool.batching.policy === 'cork' && at < timeIsOver(evidence, queue, key)
    // and a refusal that is fatal withdraws the copies of its request after it
    const withdrawn = evidence.classOf(key).hedge?.fatal?.includes(SHED) === true
    if (evidence.rows.sent[key]! < at && !dropped && !(withdrawn && isWithdrawn(evidence, key)))
      waiting--
  }
  let next = joined.from
  for (let i = shed.from; i < shed.to; i++) {
    const key = queue.shed[i]!
    while (next < joined.to && queue.joined[next]! < key) next++
    yield [key, waiting + next - joined.from]
  }
}

import type { PoolPlan } from '../../serving/index.ts'
import type { ExecutorChange } from './absences.ts'
import {
  ABANDONED,
  type AuditRows,
  CANCELLED,
  FAILED,
  REDUNDANT,
  REFUSED_BY,
  SERVED,
  TIMED_OUT,
} from './raw-rows.ts'
import type { SeenBatch } from './seen-batch.ts'

/** What happened at a queue; lists as in `SeenQueue`. */
export interface QueueEnds {
  readonly number: number
  readonly poolIndex: number
  readonly firstExecutor: number
  readonly joined: readonly number[]
  readonly shed: readonly number[]
  readonly timedOut: readonly number[]
  readonly failed: readonly number[]
  readonly batches: readonly SeenBatch[]
}

/** What bears on whether a replica of a pool gets requests. */
export type ReplicaEvent = { readonly at: number; readonly replica: number } & (
  | { readonly kind: 'up' | 'away' }
  /** `good`: null where the end says nothing about the replica */
  | { readonly kind: 'end'; readonly good: boolean | null }
  /** `isTaken`: false where the whole pool had no replica that takes requests */
  | { readonly kind: 'arrival'; readonly isTaken: boolean }
)

interface Ranked {
  readonly event: ReplicaEvent
  /** within an instant: changes, batches, requests that left, arrivals */
  readonly rank: number
  /** within a rank */
  readonly order: number
}

/** All events of a pool in order of time. */
export function replicaEvents(
  { ejection }: PoolPlan,
  queues: readonly QueueEnds[],
  rows: AuditRows,
  changes: readonly ExecutorChange[],
): ReplicaEvent[] {
  const events: Ranked[] = []
  const lateIsBad = ejection?.timeoutsCount === true
  const goodnessOf = (key: number): boolean | null => {
    const outcome = rows.outcome[key]
    if (outcome === SERVED || outcome === REDUNDANT) return true
    if (outcome === FAILED) return false
    const isLate = outcome === TIMED_OUT || outcome === CANCELLED || outcome === ABANDONED
    return isLate && lateIsBad ? false : null
  }
  for (const [replica, queue] of queues.entries()) {
    for (const [order, { at, executor, state }] of changes.entries()) {
      if (executor !== queue.firstExecutor) continue
      events.push({ event: { at, replica, kind: state === 'up' ? 'up' : 'away' }, rank: 0, order })
    }
    for (const { members, done } of queue.batches) {
      if (!(done < Number.POSITIVE_INFINITY)) continue
      const order = rows.batch[members[0]!]!
      // the requests of a batch end at once: those that failed count first
      for (const wanted of [false, true, null]) {
        for (const key of members) {
          const good = goodnessOf(key)
          if (good !== wanted) continue
          events.push({ event: { at: done, replica, kind: 'end', good }, rank: 1, order })
        }
      }
    }
    for (const key of [...queue.timedOut, ...queue.failed, ...queue.shed]) {
      const at = rows.done[key]!
      if (Number.isNaN(at) || rows.refusal[key] === REFUSED_BY.unavailable) continue
      // one that is refused on arrival ends before the next one arrives
      const isRefused = !(at > rows.sent[key]!)
      const good = goodnessOf(key)
      const place = isRefused ? { rank: 3, order: key + 0.5 } : { rank: 2, order: key }
      events.push({ event: { at, replica, kind: 'end', good }, ...place })
    }
    for (const key of [...queue.joined, ...queue.shed]) {
      // what is due is made up for as a request arrives, even where all replicas are ejected
      const isTaken = rows.refusal[key] !== REFUSED_BY.unavailable
      const event = { at: rows.sent[key]!, replica, kind: 'arrival', isTaken } as const
      events.push({ event, rank: 3, order: key })
    }
  }
  return events
    .sort((a, b) => a.event.at - b.event.at || a.rank - b.rank || a.order - b.order)
    .map(({ event }) => event)
}

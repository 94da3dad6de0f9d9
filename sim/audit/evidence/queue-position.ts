import type { Evidence, SeenQueue } from './evidence.ts'
import { waitingTime } from './waiting-time.ts'

/**
 * Where requests stand in their queue, by key: the lower level goes first, then those whose time is
 * not over; among them the lower rank, then the one that came first; among the others the one whose
 * time was over first.
 */
export interface QueuePosition {
  readonly level: (key: number) => number
  readonly rank: (key: number) => number
  /** when its time is over; Infinity for never */
  readonly lateFrom: (key: number) => number
}

/** A request in line, before or after its time was over. */
export interface InLine {
  readonly key: number
  readonly late: boolean
}

/** Negative where `a` goes before `b`, 0 where nothing says which. */
export function compareInLine(
  { level, rank, lateFrom }: QueuePosition,
  a: InLine,
  b: InLine,
): number {
  const byLevel = level(a.key) - level(b.key)
  if (byLevel !== 0) return byLevel
  if (a.late !== b.late) return a.late ? 1 : -1
  if (a.late) return lateFrom(a.key) - lateFrom(b.key)
  const [first, second] = [rank(a.key), rank(b.key)]
  if (first !== second) return first < second ? -1 : 1
  return a.key - b.key
}

/**
 * Null where the discipline promises no order that rows show: among tenants, or by predictions that
 * nobody wrote down.
 */
export function standingIn({ rows, classOf }: Evidence, queue: SeenQueue): QueuePosition | null {
  const { order } = queue.pool
  const lateFrom = (key: number) => {
    const { limitMs, waitsOn } = waitingTime(queue.pool, classOf(key))
    return waitsOn ? rows.sent[key]! + limitMs : Number.POSITIVE_INFINITY
  }
  const flat = { level: () => 0, rank: () => 0, lateFrom }
  switch (order.discipline) {
    case 'fifo':
      return flat
    case 'lifo':
      return { ...flat, rank: (key) => -key }
    case 'priority': {
      const { ageingMs } = order
      const level = (key: number) => classOf(key).priority
      if (ageingMs === Number.POSITIVE_INFINITY) return { ...flat, level }
      // one level is worth a wait of `ageingMs`; those whose time is over go by bare level
      return { ...flat, rank: (key) => rows.sent[key]! + ageingMs * level(key) }
    }
    case 'earliest-deadline':
      return { ...flat, rank: (key) => rows.at[key]! + classOf(key).deadlineMs }
    case 'shortest-job':
      return order.predictionCv > 0 ? null : { ...flat, rank: (key) => rows.length[key]! }
    case 'deficit-round-robin':
    case 'virtual-token-counter':
      return null
  }
}

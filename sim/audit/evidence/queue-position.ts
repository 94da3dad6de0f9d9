import type { Evidence, SeenQueue } from './evidence.ts'
import { waitingTime } from './waiting-time.ts'

/**
 * The order of requests in a queue, by key. The lower level goes first. Within a level, requests
 * whose queue timeout has not passed precede those that wait on after it. The former are ordered by
 * rank, then by arrival; the latter by the time of their timeout.
 */
export interface QueuePosition {
  readonly level: (key: number) => number
  readonly rank: (key: number) => number
  /** time of its queue timeout, if it waits on after it, ms; Infinity for none */
  readonly lateFrom: (key: number) => number
}

/** A waiting request, before or after its queue timeout. */
export interface WaitingRequest {
  readonly key: number
  readonly late: boolean
}

/** Negative where `a` precedes `b`, 0 where their order is undefined. */
export function comparePositions(
  { level, rank, lateFrom }: QueuePosition,
  a: WaitingRequest,
  b: WaitingRequest,
): number {
  const byLevel = level(a.key) - level(b.key)
  if (byLevel !== 0) return byLevel
  if (a.late !== b.late) return a.late ? 1 : -1
  if (a.late) return lateFrom(a.key) - lateFrom(b.key)
  const [first, second] = [rank(a.key), rank(b.key)]
  if (first !== second) return first < second ? -1 : 1
  return a.key - b.key
}

type Order = SeenQueue['pool']['order']
type PositionUnder<O extends Order> = (
  order: O,
  evidence: Pick<Evidence, 'rows' | 'classOf'>,
) => Partial<Pick<QueuePosition, 'level' | 'rank'>> | null

/** By discipline. Of those that are absent, which are between tenants, rows hide the order. */
export const positions: {
  readonly [D in Order['discipline']]?: PositionUnder<Extract<Order, { discipline: D }>>
} = {
  fifo: () => ({}),
  lifo: () => ({ rank: (key) => -key }),
  priority({ ageingMs = Number.POSITIVE_INFINITY }, { rows, classOf }) {
    const level = (key: number) => classOf(key).priority
    if (ageingMs === Number.POSITIVE_INFINITY) return { level }
    // one level is worth a wait of `ageingMs`; after their timeout, requests have their plain level
    return { rank: (key) => rows.sent[key]! + ageingMs * level(key) }
  },
  'earliest-deadline': (_, { rows, classOf }) => ({
    rank: (key) => rows.at[key]! + classOf(key).deadlineMs,
  }),
  'shortest-job': ({ predictionCv = 0 }, { rows }) =>
    predictionCv > 0 ? null : { rank: (key) => rows.inputTokens[key]! },
}

/**
 * Null where rows do not show the promised order: between tenants, or by predictions that are not
 * recorded.
 */
export function queuePositionOf(evidence: Evidence, queue: SeenQueue): QueuePosition | null {
  const { rows, classOf } = evidence
  const { order } = queue.pool
  const lateFrom = (key: number) => {
    const { limitMs, waitsOn } = waitingTime(queue.pool, classOf(key))
    return waitsOn ? rows.sent[key]! + limitMs : Number.POSITIVE_INFINITY
  }
  const positionUnder = positions[order.discipline] as PositionUnder<Order> | undefined
  const position = positionUnder?.(order, evidence) ?? null
  return position && { level: () => 0, rank: () => 0, lateFrom, ...position }
}

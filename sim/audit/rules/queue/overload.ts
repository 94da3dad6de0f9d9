import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { eachInstant } from '../../evidence/instants.ts'

/** Whether there was overload. `unsure`: it depends on the order of events at one instant. */
export type Overloaded = 'yes' | 'no' | 'unsure'

export interface SeenOverload {
  /** at the arrival of each request, by key */
  readonly onArrival: ReadonlyMap<number, Overloaded>
  /** at the dispatch of each batch, in the order of the queue's batches */
  readonly onDispatch: readonly Overloaded[]
}

const never = Number.POSITIVE_INFINITY

/**
 * When a queue with adaptive LIFO was overloaded: it had not been empty for an interval (Maurer,
 * Fail at Scale, 2015). Where all waiting requests left at an instant at which others arrived, the
 * queue may or may not have been empty in between, so there are two times from then on.
 */
export function overloadOf(evidence: Evidence, queue: SeenQueue, intervalMs: number): SeenOverload {
  const { rows } = evidence
  const onArrival = new Map<number, Overloaded>()
  const onDispatch: Overloaded[] = []
  /** when it was last empty, at the earliest and at the latest, ms */
  let earliest = never
  let latest = never
  eachInstant(evidence, queue, (instant) => {
    const { at, waitingBefore, waitingAfter, oldest, joined, batches } = instant
    const oldestStays = oldest >= 0 && rows.sent[oldest]! < at
    const possible = waitingBefore > 0 && at >= earliest + intervalMs
    const must = possible && oldestStays && at >= latest + intervalMs
    const overloaded: Overloaded = must ? 'yes' : possible ? 'unsure' : 'no'
    for (let i = joined.from; i < joined.to; i++) onArrival.set(queue.joined[i]!, overloaded)
    for (let i = batches.from; i < batches.to; i++) onDispatch[i] = overloaded
    if (waitingAfter === 0) earliest = latest = never
    else if (waitingBefore === 0) earliest = latest = at
    else if (!oldestStays) latest = at
  })
  return { onArrival, onDispatch }
}

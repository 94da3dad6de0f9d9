import { memoryMayDelay } from '../promises/memory-asked.ts'
import { type ExpectedParts, expectedParts } from '../promises/parts.ts'
import {
  type ClassPromises,
  type PromisedQueue,
  type Promises,
  promisedQueues,
} from '../promises/promises.ts'
import { dispatchOrder } from './dispatch-order.ts'
import { type EndOfTraffic, endOfTraffic } from './end-of-traffic.ts'
import { type AuditRows, CANCELLED, type RequestColumns, SHED, TIMED_OUT } from './raw-rows.ts'
import { gatherBatches, orNever, type SeenBatch } from './seen-batch.ts'

/** All events at one queue; lists are in order of time, then of keys. */
export interface SeenQueue extends PromisedQueue {
  /** keys of the requests that joined the queue */
  readonly joined: readonly number[]
  /** keys of the requests that it rejected */
  readonly shed: readonly number[]
  /** keys of the requests that timed out in it: queue or client timeout */
  readonly timedOut: readonly number[]
  /** in order of dispatch */
  readonly batches: readonly SeenBatch[]
}

/** A run in the form that rules check. Rows without a queue or a time are in no list. */
export interface Evidence {
  readonly promises: Promises
  readonly rows: AuditRows
  readonly requests: RequestColumns
  readonly expected: ExpectedParts
  readonly queues: readonly SeenQueue[]
  /** queues whose batches are delayed by busy executors only, not by memory */
  readonly unhindered: readonly SeenQueue[]
  /** in order of their first members */
  readonly batches: readonly SeenBatch[]
  /** by request: the promises of its class; for an unknown class, those of the first */
  readonly classOf: (key: number) => ClassPromises
  /** by request: the end of its wait, by dispatch or timeout; Infinity for never */
  readonly left: Float64Array
  /** by request: when it left the system; Infinity for never */
  readonly gone: Float64Array
  readonly end: EndOfTraffic
}

export function gatherEvidence(
  promises: Promises,
  rows: AuditRows,
  requests: RequestColumns,
): Evidence {
  const batches = gatherBatches(rows)
  const count = rows.at.length
  const left = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  const gone = new Float64Array(count).fill(Number.POSITIVE_INFINITY)
  for (const batch of batches) {
    for (const key of batch.members) {
      left[key] = batch.dispatched
      gone[key] = batch.done
    }
  }
  const queues = promisedQueues(promises).map((promised) => ({
    ...promised,
    joined: [] as number[],
    shed: [] as number[],
    timedOut: [] as number[],
    batches: [] as SeenBatch[],
  }))
  let lastSent = Number.NEGATIVE_INFINITY
  for (let key = 0; key < count; key++) {
    const sent = rows.sent[key]!
    if (sent > lastSent) lastSent = sent
    const queue = queues[rows.queue[key]!]
    if (queue === undefined || Number.isNaN(sent)) continue
    const outcome = rows.batch[key]! < 0 ? rows.outcome[key] : null
    if (outcome === SHED) {
      queue.shed.push(key)
      continue
    }
    queue.joined.push(key)
    if (outcome === TIMED_OUT || outcome === CANCELLED) {
      left[key] = gone[key] = orNever(rows.done[key]!)
      queue.timedOut.push(key)
    }
  }
  for (const batch of batches) queues[batch.queue]?.batches.push(batch)
  const bySent = (a: number, b: number) => rows.sent[a]! - rows.sent[b]! || a - b
  for (const queue of queues) {
    queue.joined.sort(bySent)
    queue.shed.sort(bySent)
    queue.timedOut.sort((a, b) => compare(left[a]!, left[b]!) || a - b)
    // engines run many requests at once, and start them in order of arrival
    const inTurn =
      queue.pool.generation === undefined
        ? dispatchOrder(queue.batches, rows)
        : (a: SeenBatch, b: SeenBatch) => bySent(a.members[0]!, b.members[0]!)
    queue.batches.sort((a, b) => compare(a.dispatched, b.dispatched) || inTurn(a, b))
  }
  const unhindered = queues.filter(({ pool }) => !memoryMayDelay(promises, pool))
  const isUnfilled = ({ queue, members }: SeenBatch) => {
    const batching = queues[queue]?.pool.batching
    return batching?.policy === 'fixed' && members.length < batching.batch
  }
  const end = endOfTraffic(promises, { rows, batches, lastSent, isUnfilled })
  const classOf = (key: number) => promises.classes[rows.class[key]!] ?? promises.classes[0]!
  const expected = expectedParts(requests, promises)
  const lists = { queues, unhindered, batches, left, gone }
  return { classOf, promises, rows, requests, expected, ...lists, end }
}

/** Infinity minus Infinity is no order. */
const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0)

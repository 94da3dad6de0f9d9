import type { ClassPlan } from '../../serving/index.ts'
import { memoryMayDelay } from '../promises/memory-asked.ts'
import { type PromisedQueue, type Promises, promisedQueues } from '../promises/promises.ts'
import { Absences, type ExecutorChange } from './absences.ts'
import { type EjectedSpan, ejectedSpans } from './ejections.ts'
import { type EndOfTraffic, endOfTraffic } from './end-of-traffic.ts'
import { type ExpectedParts, expectedParts } from './expected-parts.ts'
import { ownEnds } from './own-ends.ts'
import {
  type AuditRows,
  CANCELLED,
  FAILED,
  type RequestColumns,
  SHED,
  TIMED_OUT,
  WITHDRAWN,
} from './raw-rows.ts'
import { gatherBatches, orNever, type SeenBatch } from './seen-batch.ts'
import { type SettingChange, Settings } from './settings.ts'

/** All events at one queue; lists are in order of time, then of keys. */
export interface SeenQueue extends PromisedQueue {
  /** keys of the requests that joined the queue */
  readonly joined: readonly number[]
  /** keys of the requests that it rejected */
  readonly shed: readonly number[]
  /** keys of the requests that left it: at a timeout, or because of another copy */
  readonly timedOut: readonly number[]
  /** keys of the requests that were lost while they waited, with their replica */
  readonly failed: readonly number[]
  /** in order of dispatch */
  readonly batches: readonly SeenBatch[]
  readonly absences: Absences
}

/** The part of a queue that has the requests of a group only. */
export function onlyOf(queue: SeenQueue, isOfGroup: (key: number) => boolean): SeenQueue {
  return {
    ...queue,
    joined: queue.joined.filter(isOfGroup),
    shed: queue.shed.filter(isOfGroup),
    timedOut: queue.timedOut.filter(isOfGroup),
    failed: queue.failed.filter(isOfGroup),
    batches: queue.batches.flatMap((batch) => {
      const members = batch.members.filter(isOfGroup)
      return members.length > 0 ? [{ ...batch, members }] : []
    }),
  }
}

/** The arrival of a request at a queue. */
export interface Arrival {
  readonly key: number
  readonly sent: number
  readonly queue: SeenQueue
}

/** All arrivals at queues, in order. */
export function* arrivals({ rows, queues }: Evidence): Generator<Arrival> {
  for (const [key, sent] of rows.sent.entries()) {
    const queue = queues[rows.queue[key]!]
    if (queue !== undefined && !Number.isNaN(sent)) yield { key, sent, queue }
  }
}

/** A run in the form that rules check. Rows without a queue or a time are in no list. */
export interface Evidence {
  readonly promises: Promises
  /** with the outcome that each attempt had itself, whether or not it was sent again */
  readonly rows: AuditRows
  /** 1 for attempts that a proxy sent again */
  readonly retried: Uint8Array
  readonly requests: RequestColumns
  readonly expected: ExpectedParts
  readonly queues: readonly SeenQueue[]
  /** executors that came or went, in order */
  readonly changes: readonly ExecutorChange[]
  /** queues whose batches are delayed by busy executors only, not by memory */
  readonly unhindered: readonly SeenQueue[]
  /** in order of their first members */
  readonly batches: readonly SeenBatch[]
  /** by request: the plan of its class; for an unknown class, that of the first */
  readonly classOf: (key: number) => ClassPlan
  /** by request: the end of its wait, by dispatch or timeout; Infinity for never */
  readonly left: Float64Array
  /** by request: when it left the system; Infinity for never */
  readonly gone: Float64Array
  readonly end: EndOfTraffic
  readonly settings: Settings
  /** by queue: when nothing is routed to it, as its replica failed requests */
  readonly ejected: readonly (readonly EjectedSpan[])[]
  /** by the number of a request here, its key; null where they are the same */
  readonly keys: Int32Array | null
  /** of rows in which requests are sent as they are routed: when each was delivered */
  readonly delivered: Float64Array | null
  /** by request: when its client has learnt how it ended */
  readonly answered: Float64Array
}

export function gatherEvidence(
  promises: Promises,
  {
    rows: asRecorded,
    requests,
    changes,
    settings,
    keys = null,
    delivered = null,
    expected: parts,
  }: {
    readonly rows: AuditRows
    readonly requests: RequestColumns
    readonly changes: readonly ExecutorChange[]
    readonly settings: readonly SettingChange[]
    readonly keys?: Int32Array | null
    readonly expected?: ExpectedParts
    readonly delivered?: Float64Array | null
  },
): Evidence {
  const batches = gatherBatches(asRecorded)
  const count = asRecorded.at.length
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
    failed: [] as number[],
    absences: new Absences(changes, promised),
    batches: [] as SeenBatch[],
  }))
  const { rows, retried } = ownEnds(asRecorded, promises, queues)
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
    if (outcome === TIMED_OUT || outcome === CANCELLED || outcome === WITHDRAWN) {
      left[key] = gone[key] = orNever(rows.done[key]!)
      queue.timedOut.push(key)
    } else if (outcome === FAILED) {
      left[key] = gone[key] = orNever(rows.done[key]!)
      queue.failed.push(key)
    }
  }
  for (const batch of batches) queues[batch.queue]?.batches.push(batch)
  const bySent = (a: number, b: number) => rows.sent[a]! - rows.sent[b]! || a - b
  for (const queue of queues) {
    queue.joined.sort(bySent)
    queue.shed.sort(bySent)
    queue.failed.sort((a, b) => compare(left[a]!, left[b]!) || a - b)
    queue.timedOut.sort((a, b) => compare(left[a]!, left[b]!) || a - b)
    // engines run many requests at once, and start them in order of arrival
    const inTurn =
      queue.pool.generation === undefined
        ? dispatchOrder(queue, rows)
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
  const expected = parts ?? expectedParts(requests, promises, rows)
  const answered = promises.network == null ? rows.done : (rows.answered ?? rows.done)
  // where requests are sent as they are routed, their replicas are chosen later
  const ejected =
    delivered === null ? ejectedSpans(promises, { queues, rows }, changes) : queues.map(() => [])
  const lists = { queues, changes, unhindered, batches, ejected }
  const columns = { rows, retried, requests, expected, keys, delivered, answered, left, gone }
  return {
    classOf,
    promises,
    end,
    settings: new Settings(promises, settings),
    ...columns,
    ...lists,
  }
}

/** Infinity minus Infinity is no order. */
const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Compares batches dispatched from a queue at one instant by their order of dispatch. The control
 * plane picks the executor that has been free longest, so the batch whose executor became free
 * first was dispatched first. Batches are numbered as they end.
 */
function dispatchOrder(
  { batches, absences, firstExecutor }: Pick<SeenQueue, 'batches' | 'absences' | 'firstExecutor'>,
  rows: AuditRows,
): (a: SeenBatch, b: SeenBatch) => number {
  const number = ({ members }: SeenBatch) => rows.batch[members[0]!]!
  /** of each batch: the number of the batch before it on its executor; -1 for none */
  const before = new Map<SeenBatch, number>()
  const last = new Map<number, number>()
  for (const batch of batches.toSorted((a, b) => number(a) - number(b))) {
    before.set(batch, last.get(batch.executor) ?? -1)
    last.set(batch.executor, number(batch))
  }
  const inOrder = (a: SeenBatch, b: SeenBatch) =>
    before.get(a)! - before.get(b)! || a.executor - b.executor
  if (!absences.any) return inOrder
  // an executor that came back is free from then on
  const back = ({ executor, dispatched }: SeenBatch) =>
    absences.backAt(executor - firstExecutor, dispatched)
  const freeSince = new Map<SeenBatch, number>()
  const freed = new Map<number, number>()
  for (const batch of batches.toSorted((a, b) => number(a) - number(b))) {
    freeSince.set(
      batch,
      Math.max(freed.get(batch.executor) ?? Number.NEGATIVE_INFINITY, back(batch)),
    )
    freed.set(batch.executor, batch.done)
  }
  return (a, b) => compare(freeSince.get(a)!, freeSince.get(b)!) || inOrder(a, b)
}

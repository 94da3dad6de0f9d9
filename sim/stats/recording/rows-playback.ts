import {
  type Batch,
  type Observer,
  OUTCOME,
  observerOf,
  Requests,
  STATUS,
} from '../../serving/index.ts'
import type { EngineEvent } from './engine-events.ts'
import type { ExecutorChange, ReplicaEjection, Rows } from './rows.ts'

const ARRIVED = 0
const DISPATCHED = 1
const ENDED = 2
const LOST = 3
const ANSWERED = 4
const CHANGED = 5
const EJECTED = 6
const ENGINE = 7

/** Columns of rows with the name that they have in the table of requests. */
const SAME_NAMES = [
  ...[
    'at',
    'firstScheduledAt',
    'class',
    'inputTokens',
    'outputTokens',
    'attempt',
    'sendId',
    'part',
  ],
  ...['pool', 'outcome', 'refusal', 'firstToken', 'preemptions', 'uncounted'],
] as const

interface PlayedRun {
  readonly rows: Rows
  /** executors that came or went, and replicas that were ejected; none where that is absent */
  readonly changes?: readonly ExecutorChange[]
  readonly ejections?: readonly ReplicaEjection[]
  /** of pools that generate; none where that is absent */
  readonly engineEvents?: readonly EngineEvent[]
}

/**
 * Plays a finished run to the observers of a recording, in order of time. Slots are request keys.
 */
export function playBack<R extends { readonly observers: readonly Observer[] }>(
  { rows, changes = [], ejections = [], engineEvents = [] }: PlayedRun,
  record: (requests: Requests) => R,
): R {
  const c = rows.columns
  const requests = new Requests(Math.max(1, rows.count))
  const members = new Map<number, number[]>()
  const events: { time: number; kind: number; id: number }[] = []
  for (const name of SAME_NAMES) requests[name].set(c[name])
  requests.enqueued.set(c.sent)
  requests.overNetwork = c.answered.some((at) => !Number.isNaN(at))
  requests.routed.set(c.routed)
  requests.idleAtEnqueueMs.set(c.batchWait)
  const copies = new Map<number, number>()
  for (let key = 0; key < rows.count; key++) {
    requests.key[key] = key
    if (c.copyOf[key]! >= 0) {
      const first = c.copyOf[key]!
      const copy = 1 + (copies.get(first) ?? 0)
      copies.set(first, copy)
      requests.copy[key] = copy
      requests.copyOf[key] = first
    }
    events.push({ time: c.sent[key]!, kind: ARRIVED, id: key })
    if (!Number.isNaN(c.answered[key]!)) {
      events.push({ time: c.answered[key]!, kind: ANSWERED, id: key })
    }
    const batch = c.batch[key]!
    if (batch < 0) events.push({ time: c.done[key]!, kind: LOST, id: key })
    else if (members.has(batch)) members.get(batch)!.push(key)
    else members.set(batch, [key])
  }
  for (const [id, [first]] of members) {
    events.push({ time: c.dispatched[first!]!, kind: DISPATCHED, id })
    events.push({ time: c.done[first!]!, kind: ENDED, id })
  }
  for (const [id, { at: time }] of changes.entries()) events.push({ time, kind: CHANGED, id })
  for (const [id, { at: time }] of ejections.entries()) events.push({ time, kind: EJECTED, id })
  for (const [id, { time }] of engineEvents.entries()) events.push({ time, kind: ENGINE, id })
  events.sort((a, b) => a.time - b.time || a.kind - b.kind || a.id - b.id)
  const recording = record(requests)
  const observer = observerOf(recording.observers)
  for (const { time, kind, id } of events) {
    if (kind === ARRIVED) observer.arrived?.(time, id)
    else if (kind === LOST) observer.lost?.(time, id)
    else if (kind === ANSWERED) observer.answered?.(time, id)
    else if (kind === CHANGED) observer.executor?.(time, changes[id]!.executor, changes[id]!.state)
    else if (kind === ENGINE) engineEvents[id]!.report(observer)
    else if (kind === EJECTED) observer.ejected?.(time, ejections[id]!)
    else {
      const batch = batchOf(rows, members.get(id)!)
      if (kind === DISPATCHED) observer.dispatched?.(time, batch)
      else observer.batch?.(time, batch)
    }
  }
  return recording
}

/** Outcomes of the members of a batch that failed. */
const FAILURES: readonly number[] = [OUTCOME.failed, OUTCOME.retried]

function batchOf({ columns: c }: Rows, members: readonly number[]): Batch {
  const first = members[0]!
  return {
    executor: c.executor[first]!,
    members: Int32Array.from(members),
    size: members.length,
    length: c.padded[first]!,
    tokens: members.reduce((sum, key) => sum + c.inputTokens[key]!, 0),
    oldestEnqueued: Math.min(...members.map((key) => c.sent[key]!)),
    dispatched: c.dispatched[first]!,
    started: c.started[first]!,
    ended: c.ended[first]!,
    status: FAILURES.includes(c.outcome[first]!) ? STATUS.outOfMemory : STATUS.ok,
  }
}

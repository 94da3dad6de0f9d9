import { type Batch, type Observer, OUTCOME, Requests, STATUS } from '../../serving/index.ts'
import type { Rows } from './rows.ts'

const ARRIVED = 0
const DISPATCHED = 1
const ENDED = 2
const LOST = 3

/**
 * Plays the raw rows of a finished run to an observer, in order of time, so that one recorder
 * summarises simulated and live runs. `observe` gets the table of requests, whose slots are the
 * keys.
 */
export function playBack<O extends Observer>(rows: Rows, observe: (requests: Requests) => O): O {
  const c = rows.columns
  const requests = new Requests(Math.max(1, rows.count))
  const members = new Map<number, number[]>()
  const events: { time: number; kind: number; id: number }[] = []
  for (let key = 0; key < rows.count; key++) {
    requests.at[key] = c.at[key]!
    requests.length[key] = c.length[key]!
    requests.output[key] = c.output[key]!
    requests.firstToken[key] = c.firstToken[key]!
    requests.preemptions[key] = c.preemptions[key]!
    requests.class[key] = c.class[key]!
    requests.attempt[key] = c.attempt[key]!
    requests.since[key] = c.since[key]!
    requests.sending[key] = c.sending[key]!
    requests.part[key] = c.part[key]!
    requests.key[key] = key
    requests.enqueued[key] = c.sent[key]!
    requests.idleAtEnqueueMs[key] = c.batchWait[key]!
    requests.pool[key] = c.pool[key]!
    requests.outcome[key] = c.outcome[key]!
    requests.refusal[key] = c.refusal[key]!
    events.push({ time: c.sent[key]!, kind: ARRIVED, id: key })
    const batch = c.batch[key]!
    if (batch < 0) events.push({ time: c.done[key]!, kind: LOST, id: key })
    else if (members.has(batch)) members.get(batch)!.push(key)
    else members.set(batch, [key])
  }
  for (const [id, [first]] of members) {
    events.push({ time: c.dispatched[first!]!, kind: DISPATCHED, id })
    events.push({ time: c.done[first!]!, kind: ENDED, id })
  }
  events.sort((a, b) => a.time - b.time || a.kind - b.kind || a.id - b.id)
  const observer = observe(requests)
  for (const { time, kind, id } of events) {
    if (kind === ARRIVED) observer.arrived?.(time, id)
    else if (kind === LOST) observer.lost?.(time, id)
    else {
      const batch = batchOf(rows, members.get(id)!)
      if (kind === DISPATCHED) observer.dispatched?.(time, batch)
      else observer.batch?.(time, batch)
    }
  }
  return observer
}

function batchOf({ columns: c }: Rows, members: readonly number[]): Batch {
  const first = members[0]!
  return {
    executor: c.executor[first]!,
    members: Int32Array.from(members),
    size: members.length,
    length: c.padded[first]!,
    tokens: members.reduce((sum, key) => sum + c.length[key]!, 0),
    oldestEnqueued: Math.min(...members.map((key) => c.sent[key]!)),
    dispatched: c.dispatched[first]!,
    started: c.started[first]!,
    ended: c.ended[first]!,
    status: c.outcome[first] === OUTCOME.failed ? STATUS.outOfMemory : STATUS.ok,
  }
}

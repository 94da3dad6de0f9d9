import { maySplitBatches } from '../promises/memory-asked.ts'
import type { Evidence, SeenQueue } from './evidence.ts'
import type { SeenBatch } from './seen-batch.ts'

/**
 * One instant with events at a queue, and the state just before and just after. Events at one
 * instant may have happened in any order. Ranges refer to the lists of the queue.
 */
export interface Instant {
  readonly at: number
  /** waiting requests, before any event of the instant */
  readonly waitingBefore: number
  readonly freeBefore: number
  readonly waitingAfter: number
  /** free executors, after all events of the instant */
  readonly freeAfter: number
  /**
   * the first arrival among the requests that waited before and do not time out now; -1 for none
   */
  readonly oldestBefore: number
  /** the request that has waited longest, just after; -1 for none */
  readonly oldest: number
  readonly joined: Range
  readonly shed: Range
  readonly timedOut: Range
  /** requests lost with their replica */
  readonly failed: Range
  readonly batches: Range
  /** dispatches that ended; a batch that ran in halves ends with the last half */
  readonly ends: number
  /** whether executors came or went */
  readonly changed: boolean
}

export interface Range {
  readonly from: number
  readonly to: number
}

type Writable<T> = { -readonly [K in keyof T]: Writable<T[K]> }

const never = Number.POSITIVE_INFINITY

/**
 * Calls `visit` for each instant in order of time, and for `extra` even without events. The instant
 * object is reused for the next call.
 */
export function eachInstant(
  { rows, left }: Evidence,
  queue: SeenQueue,
  visit: (instant: Instant) => void,
  extra = never,
): void {
  const { joined, shed, timedOut, failed, batches, absences } = queue
  const halves = maySplitBatches(queue)
  const ended = halves ? lastHalves(batches) : batches
  const times = {
    joined: timesOf(joined, (key) => rows.sent[key]!),
    shed: timesOf(shed, (key) => rows.sent[key]!),
    timedOut: timesOf(timedOut, (key) => left[key]!),
    failed: timesOf(failed, (key) => left[key]!),
    changes: timesOf(absences.times, (at) => at),
    batches: timesOf(batches, ({ dispatched }) => dispatched),
    ends: timesOf(ended, ({ done }) => done).sort(),
  }
  const range = () => ({ from: 0, to: 0 })
  const ends = range()
  const changes = range()
  const free = absences.any ? new FreeExecutors(queue, ended) : null
  const now: Writable<Instant> = {
    at: 0,
    waitingBefore: 0,
    freeBefore: 0,
    waitingAfter: 0,
    freeAfter: queue.executors,
    oldestBefore: -1,
    oldest: -1,
    joined: range(),
    shed: range(),
    timedOut: range(),
    failed: range(),
    batches: range(),
    ends: 0,
    changed: false,
  }
  const oldestAt = ({ at, joined: { from } }: Instant) => {
    for (let i = head; i < from; i++) {
      const key = joined[i]!
      if (left[key]! > at || (left[key] === at && rows.batch[key]! >= 0)) return key
    }
    return -1
  }
  let pending = extra
  let head = 0
  for (;;) {
    const at = Math.min(
      times.joined[now.joined.to]!,
      times.shed[now.shed.to]!,
      times.timedOut[now.timedOut.to]!,
      times.failed[now.failed.to]!,
      times.changes[changes.to]!,
      times.batches[now.batches.to]!,
      times.ends[ends.to]!,
      pending,
    )
    if (at === never) return
    now.at = at
    now.waitingBefore = now.waitingAfter
    now.freeBefore = now.freeAfter
    const came = take(now.joined, at, times.joined)
    take(now.shed, at, times.shed)
    const lost = take(now.timedOut, at, times.timedOut) + take(now.failed, at, times.failed)
    now.changed = take(changes, at, times.changes) > 0
    now.oldestBefore = oldestAt(now)
    const begun = take(now.batches, at, times.batches)
    now.ends = take(ends, at, times.ends)
    if (pending <= at) pending = never
    now.waitingAfter += came - lost
    for (let i = now.batches.from; i < now.batches.to; i++) {
      now.waitingAfter -= batches[i]!.members.length
    }
    if (!halves && free === null) now.freeAfter += now.ends - begun
    else {
      const dispatched = batches.slice(now.batches.from, now.batches.to)
      const taken = halves ? lastHalves(dispatched) : dispatched
      now.freeAfter =
        free === null ? now.freeAfter + now.ends - taken.length : free.after(at, taken)
    }
    while (head < now.joined.to && left[joined[head]!]! <= at) head++
    now.oldest = head < now.joined.to ? joined[head]! : -1
    visit(now)
  }
}

/** Times of a list, and after its end one that never comes. */
function timesOf<T>(list: ArrayLike<T>, timeOf: (item: T) => number): Float64Array {
  const times = new Float64Array(list.length + 1)
  for (let i = 0; i < list.length; i++) times[i] = timeOf(list[i]!)
  times[list.length] = never
  return times
}

/** The free executors of a queue whose executors start and stop. */
class FreeExecutors {
  readonly #queue: SeenQueue
  /** by their ends */
  readonly #ended: readonly SeenBatch[]
  /** batches of each executor under way */
  readonly #running: Int32Array
  #next = 0

  constructor(queue: SeenQueue, ended: readonly SeenBatch[]) {
    this.#queue = queue
    this.#ended = ended.toSorted((a, b) => a.done - b.done)
    this.#running = new Int32Array(queue.executors)
  }

  /** Just after an instant at which these batches begin. */
  after(at: number, begun: readonly SeenBatch[]): number {
    const { firstExecutor, absences } = this.#queue
    for (const { executor } of begun) this.#running[executor - firstExecutor]!++
    for (; (this.#ended[this.#next]?.done ?? never) <= at; this.#next++) {
      this.#running[this.#ended[this.#next]!.executor - firstExecutor]!--
    }
    return this.#running.reduce(
      (sum, running, place) => sum + (running === 0 && !absences.isAbsent(place, at) ? 1 : 0),
      0,
    )
  }
}

/** Advances a range to the events at `at`, and returns their number. */
function take(range: Writable<Range>, at: number, times: Float64Array): number {
  range.from = range.to
  while (times[range.to]! <= at) range.to++
  return range.to - range.from
}

/** Of batches that ran in halves, only the last half, which freed the executor. */
function lastHalves(batches: readonly SeenBatch[]): SeenBatch[] {
  const last = new Map<string, SeenBatch>()
  for (const batch of batches) {
    const name = `${batch.executor} ${batch.dispatched}`
    const latest = last.get(name)
    if (latest === undefined || batch.done >= latest.done) last.set(name, batch)
  }
  return [...last.values()]
}

/** Whether a range is not empty. */
export const any = ({ from, to }: Range) => to > from

/**
 * Whether the control plane checked the queue for batches. A rejected request only makes it remove
 * requests that have timed out.
 */
export function wasChecked(instant: Instant): boolean {
  const { joined, shed, timedOut, batches, ends, changed } = instant
  return changed || any(joined) || ends > 0 || any(batches) || (any(timedOut) && !any(shed))
}

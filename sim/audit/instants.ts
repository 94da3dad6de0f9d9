import type { Evidence, SeenBatch, SeenQueue } from './evidence.ts'

/**
 * One instant at which something happened to a queue, and its state just before and just after.
 * Events of one instant may have come in any order. Ranges run over the lists of the queue.
 */
export interface Instant {
  readonly at: number
  /** requests that had come before */
  readonly waitingBefore: number
  readonly freeBefore: number
  readonly waitingAfter: number
  /** executors */
  readonly freeAfter: number
  /** of those who waited just before and do not time out now the one who came first; -1 for none */
  readonly oldestBefore: number
  /** the request that has waited longest just after; -1 for none */
  readonly oldest: number
  readonly joined: Range
  readonly shed: Range
  readonly timedOut: Range
  readonly batches: Range
  /** batches that ended */
  readonly ends: number
}

export interface Range {
  readonly from: number
  readonly to: number
}

type Writable<T> = { -readonly [K in keyof T]: Writable<T[K]> }

const never = Number.POSITIVE_INFINITY

/**
 * Calls `visit` for each instant in order of time; at `extra` also where nothing happened. The
 * instant is written over for the next.
 */
export function eachInstant(
  { rows, left }: Evidence,
  queue: SeenQueue,
  visit: (instant: Instant) => void,
  extra = never,
): void {
  const { joined, shed, timedOut, batches } = queue
  const ends = batches.toSorted((a, b) => compareEnds(a, b))
  const range = () => ({ from: 0, to: 0 })
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
    batches: range(),
    ends: 0,
  }
  const oldestAt = ({ at, joined: { from } }: Instant) => {
    for (let i = head; i < from; i++) {
      const key = joined[i]!
      if (left[key]! > at || (left[key] === at && rows.batch[key]! >= 0)) return key
    }
    return -1
  }
  let pending = extra
  let nextEnd = 0
  let head = 0
  const joinedAt = (i: number) => (i < joined.length ? rows.sent[joined[i]!]! : never)
  const shedAt = (i: number) => (i < shed.length ? rows.sent[shed[i]!]! : never)
  const timedOutAt = (i: number) => (i < timedOut.length ? left[timedOut[i]!]! : never)
  const dispatchedAt = (i: number) => (i < batches.length ? batches[i]!.dispatched : never)
  const endAt = (i: number) => (i < ends.length ? ends[i]!.done : never)
  for (;;) {
    const at = Math.min(
      joinedAt(now.joined.to),
      shedAt(now.shed.to),
      timedOutAt(now.timedOut.to),
      dispatchedAt(now.batches.to),
      endAt(nextEnd),
      pending,
    )
    if (at === never) return
    now.at = at
    now.waitingBefore = now.waitingAfter
    now.freeBefore = now.freeAfter
    const came = take(now.joined, at, joinedAt)
    take(now.shed, at, shedAt)
    const lost = take(now.timedOut, at, timedOutAt)
    now.oldestBefore = oldestAt(now)
    const begun = take(now.batches, at, dispatchedAt)
    const firstEnd = nextEnd
    while (endAt(nextEnd) <= at) nextEnd++
    now.ends = nextEnd - firstEnd
    if (pending <= at) pending = never
    let sent = 0
    for (let i = now.batches.from; i < now.batches.to; i++) sent += batches[i]!.members.length
    now.waitingAfter += came - lost - sent
    now.freeAfter += now.ends - begun
    while (head < now.joined.to && left[joined[head]!]! <= at) head++
    now.oldest = head < now.joined.to ? joined[head]! : -1
    visit(now)
  }
}

/** Moves a range on to what happened at `at`, and returns how much that is. */
function take(range: Writable<Range>, at: number, timeOf: (i: number) => number): number {
  range.from = range.to
  while (timeOf(range.to) <= at) range.to++
  return range.to - range.from
}

function compareEnds(a: SeenBatch, b: SeenBatch): number {
  return a.done < b.done ? -1 : a.done > b.done ? 1 : 0
}

/** Whether a range holds anything. */
export const any = ({ from, to }: Range) => to > from

/**
 * Whether the queue was looked through: who is refused only clears it of those whose time is over.
 */
export function lookedThrough({ joined, shed, timedOut, batches, ends }: Instant): boolean {
  return any(joined) || ends > 0 || any(batches) || (any(timedOut) && !any(shed))
}

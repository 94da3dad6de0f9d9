import type { ClassReactions, PromisedReactions } from '../promises/promised-reactions.ts'
import type { Promises } from '../promises/promises.ts'
import { type AuditRows, SERVED, SHED } from './raw-rows.ts'
import type { SeenBatch } from './seen-batch.ts'

/**
 * When the traffic had ended: no request was on its way, none would be sent unless another ended
 * before, and nothing was being served that could bring one; at the latest when clients stop
 * sending. Rows do not tell what clients had in mind and gave up, so there are two answers.
 */
export interface EndOfTraffic {
  /** whether rows allow that it had ended then */
  may(at: number): boolean
  /** whether they allow that it ended at that very instant, and not before */
  mayBegin(at: number): boolean
  /** from then on it had ended, whatever clients had in mind; Infinity for never */
  readonly known: number
  /** whether something happened at `known`, so that control planes acted at that very instant */
  readonly seen: boolean
}

type Seen = {
  readonly rows: AuditRows
  readonly batches: readonly SeenBatch[]
  readonly lastSent: number
  /** batches of fewer than a pool promises, which go when the traffic has ended */
  readonly isUnfilled: (batch: SeenBatch) => boolean
}

const never = Number.POSITIVE_INFINITY

export function endOfTraffic({ reactions }: Promises, seen: Seen): EndOfTraffic {
  const { lastSent, rows, batches } = seen
  if (reactions === undefined || reactions === null) {
    const mayBegin = (at: number) => at === lastSent
    return { may: (at) => at >= lastSent, mayBegin, known: lastSent, seen: true }
  }
  const { untilMs, classes } = reactions
  const sent = rows.sent.filter((at) => !Number.isNaN(at)).sort()
  const happened = new Set([...sent, ...rows.done.filter((at) => !Number.isNaN(at))])
  const served = new Served(batches)
  const lost = lostAt(rows)
  const lastFirst = lastUnprompted(rows, classes)
  const refusals = classes.some(({ budget }) => budget)
  const hidden = hiddenUntil(rows, reactions)
  const rested = restedFrom(Math.max(lastSent, hidden), seen)
  const stopped = Math.max(lastSent, untilMs)
  return {
    may(at) {
      if (at >= untilMs) return at >= lastSent
      if (lastFirst > at || served.isBusy(at)) return false
      const next = sent[firstAbove(sent, at)] ?? never
      return next >= Math.min(served.nextDone(at), lost[firstAbove(lost, at)] ?? never)
    },
    // a retry that its budget forbids comes to nothing, and leaves no row
    mayBegin: (at) => happened.has(at) || at >= untilMs || refusals,
    known: Math.min(rested, stopped),
    seen: rested <= stopped || stopped === lastSent,
  }
}

/** When batches were being served, to be asked about any instant. */
class Served {
  readonly #dispatched: Float64Array
  /** of the batches before that: the last end; of it and those after: the first one */
  readonly #lastDone: Float64Array
  readonly #firstDone: Float64Array

  constructor(batches: readonly SeenBatch[]) {
    const sorted = batches.filter(({ dispatched }) => dispatched < never)
    sorted.sort((a, b) => a.dispatched - b.dispatched)
    this.#dispatched = Float64Array.from(sorted, ({ dispatched }) => dispatched)
    this.#lastDone = new Float64Array(sorted.length + 1).fill(-never)
    this.#firstDone = new Float64Array(sorted.length + 1).fill(never)
    for (const [i, { done }] of sorted.entries()) {
      this.#lastDone[i + 1] = Math.max(this.#lastDone[i]!, done)
    }
    for (let i = sorted.length - 1; i >= 0; i--) {
      this.#firstDone[i] = Math.min(this.#firstDone[i + 1]!, sorted[i]!.done)
    }
  }

  /** Whether a batch had gone before and was not done yet. */
  isBusy(at: number): boolean {
    return this.#lastDone[firstAtLeast(this.#dispatched, at)]! > at
  }

  /** When the first of those was done that went then or later. */
  nextDone(at: number): number {
    return this.#firstDone[firstAtLeast(this.#dispatched, at)]!
  }
}

/** When requests ended that were in no batch, rising. */
function lostAt(rows: AuditRows): Float64Array {
  const isLost = (key: number) => rows.batch[key]! < 0 && rows.outcome[key] !== SHED
  return rows.done.filter((at, key) => isLost(key) && !Number.isNaN(at)).sort()
}

/** When the last request came that no other could have brought. */
function lastUnprompted(rows: AuditRows, classes: readonly ClassReactions[]): number {
  let last = -never
  for (const [key, sent] of rows.sent.entries()) {
    const { follows } = classes[rows.class[key]!]!
    if (!follows && rows.attempt[key] === 1 && sent > last) last = sent
  }
  return last
}

/**
 * Up to when a client may have had in mind what it did not do: to try again when it lost patience,
 * but it was answered; or to try again, but the budget forbade it.
 */
function hiddenUntil(rows: AuditRows, { untilMs, classes }: PromisedReactions) {
  let last = -never
  for (const [key, sent] of rows.sent.entries()) {
    const own = classes[rows.class[key]!]!
    if (Number.isNaN(sent)) continue
    const leaves = rows.leaves[key]!
    const gone = rows.outcome[key] === SHED ? sent : rows.done[key]!
    const answered = rows.outcome[key] === SERVED && gone < leaves
    const again = (from: number) => from + own.leastPauseMs(rows.attempt[key]!) < untilMs
    if (again(leaves) && gone > last) last = gone
    if (!answered && own.budget && again(Math.min(leaves, gone))) return never
  }
  return last
}

/** From when on, at the earliest at `from`, nothing was being served. */
function restedFrom(from: number, { batches, isUnfilled }: Seen): number {
  let at = from
  for (const batch of batches.toSorted((a, b) => a.dispatched - b.dispatched)) {
    const { dispatched, done } = batch
    if (dispatched > at) break
    // one that goes as the traffic ends was not being served before
    if (dispatched === at && isUnfilled(batch)) continue
    if (done > at) at = done
  }
  return at
}

/** Number of the first in rising order that is no less. */
function firstAtLeast(sorted: Float64Array, at: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! >= at) high = middle
    else low = middle + 1
  }
  return low
}

/** Number of the first in rising order that is greater. */
function firstAbove(sorted: Float64Array, at: number): number {
  let first = firstAtLeast(sorted, at)
  while (sorted[first]! === at) first++
  return first
}

import type { ClassReactions, PromisedReactions } from '../promises/promised-reactions.ts'
import type { Promises } from '../promises/promises.ts'
import { type AuditRows, SERVED, SHED } from './raw-rows.ts'
import type { SeenBatch } from './seen-batch.ts'
import { firstAbove, firstAtLeast } from './sorted.ts'

/**
 * The end of traffic: no request was on its way, none would be sent unless another ended first, and
 * no request in service could cause one; at the latest when clients stop sending. Rows do not show
 * cancelled reactions of clients, so the end has an earliest and a latest time.
 */
export interface EndOfTraffic {
  /** whether the rows allow that traffic had ended by then */
  mayHaveEnded(at: number): boolean
  /** whether the rows allow that it ended at that instant, and not before */
  mayBegin(at: number): boolean
  /** traffic had certainly ended from here on, ms; Infinity for never */
  readonly certainFrom: number
  /** whether an event happened at `certainFrom`, so that control planes acted at that instant */
  readonly isEvent: boolean
}

type Traffic = {
  readonly rows: AuditRows
  readonly batches: readonly SeenBatch[]
  readonly lastSent: number
  /** a batch smaller than its pool promises, which is dispatched at the end of traffic */
  readonly isUnfilled: (batch: SeenBatch) => boolean
}

const never = Number.POSITIVE_INFINITY

export function endOfTraffic({ reactions }: Promises, traffic: Traffic): EndOfTraffic {
  const { lastSent, rows, batches } = traffic
  if (reactions === undefined || reactions === null) {
    const mayBegin = (at: number) => at === lastSent
    return { mayHaveEnded: (at) => at >= lastSent, mayBegin, certainFrom: lastSent, isEvent: true }
  }
  const { untilMs, classes } = reactions
  const sent = rows.sent.filter((at) => !Number.isNaN(at)).sort()
  const happened = new Set([...sent, ...rows.done.filter((at) => !Number.isNaN(at))])
  const served = new Served(batches)
  const lost = lostAt(rows)
  const lastFirst = lastUnprompted(rows, classes)
  const refusals = classes.some(({ retry, copies = false }) => copies || hasBudget(retry))
  const hidden = hiddenUntil(rows, reactions)
  const rested = restedFrom(Math.max(lastSent, hidden), traffic)
  const stopped = Math.max(lastSent, untilMs)
  // while all that clients may have in flight waits, what they hold back cannot come
  const mayPause = classes.some(({ maxInFlight }) => maxInFlight !== undefined)
  return {
    mayHaveEnded(at) {
      if (at >= untilMs && (at >= lastSent || !mayPause)) return at >= lastSent
      if (lastFirst > at || served.isBusy(at)) return false
      const next = sent[firstAbove(sent, at)] ?? never
      return next >= Math.min(served.nextDone(at), lost[firstAbove(lost, at)] ?? never)
    },
    // a retry that its budget prevents is no event in the rows
    mayBegin: (at) => happened.has(at) || at >= untilMs || refusals,
    certainFrom: Math.min(rested, stopped),
    isEvent: rested <= stopped || stopped === lastSent,
  }
}

const hasBudget = (retry: ClassReactions['retry']) => retry?.budget !== undefined

/** The times in which batches were served, for queries at any instant. */
class Served {
  readonly #dispatched: Float64Array
  /** `[i]`: last end of the first i batches; below, first end of the others */
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

  /** Whether a batch was dispatched before and was not done yet. */
  isBusy(at: number): boolean {
    return this.#lastDone[firstAtLeast(this.#dispatched, at)]! > at
  }

  /** The first end of a batch that is dispatched at `at` or later. */
  nextDone(at: number): number {
    return this.#firstDone[firstAtLeast(this.#dispatched, at)]!
  }
}

/** When requests without a batch ended, rising. */
function lostAt(rows: AuditRows): Float64Array {
  const isLost = (key: number) => rows.batch[key]! < 0 && rows.outcome[key] !== SHED
  return rows.done.filter((at, key) => isLost(key) && !Number.isNaN(at)).sort()
}

/** The last arrival that was not caused by another request. */
function lastUnprompted(rows: AuditRows, classes: readonly ClassReactions[]): number {
  let last = -never
  for (const [key, sent] of rows.sent.entries()) {
    const { follows } = classes[rows.class[key]!]!
    const isFirst = rows.attempt[key] === 1 && rows.copyOf[key]! < 0
    if (!follows && isFirst && sent > last) last = sent
  }
  return last
}

/**
 * Until when clients may have planned a request that they did not send: a retry after their
 * timeout, where an answer came first; a copy of a request; or a retry that the budget prevented.
 */
function hiddenUntil(rows: AuditRows, { untilMs, classes }: PromisedReactions) {
  let last = -never
  if (classes.some(({ copies = false }) => copies)) return never
  for (const [key, sent] of rows.sent.entries()) {
    const reactions = classes[rows.class[key]!]!
    if (Number.isNaN(sent)) continue
    const leaves = rows.leaves[key]!
    const gone = rows.outcome[key] === SHED ? sent : rows.done[key]!
    const answered = rows.outcome[key] === SERVED && gone < leaves
    const again = (from: number) => from + reactions.leastPauseMs(rows.attempt[key]!) < untilMs
    if (again(leaves) && gone > last) last = gone
    if (!answered && hasBudget(reactions.retry) && again(Math.min(leaves, gone))) return never
  }
  return last
}

/** When, from `from` on, no batch was being served. */
function restedFrom(from: number, { batches, isUnfilled }: Traffic): number {
  let at = from
  for (const batch of batches.toSorted((a, b) => a.dispatched - b.dispatched)) {
    const { dispatched, done } = batch
    if (dispatched > at) break
    // dispatched because traffic ended, so not in service before
    if (dispatched === at && isUnfilled(batch)) continue
    if (done > at) at = done
  }
  return at
}

import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { any, eachInstant, type Instant, wasChecked } from '../../evidence/instants.ts'
import { FAILED } from '../../evidence/raw-rows.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms } from '../../findings.ts'

/** Waiting requests, in order of arrival. */
export type Backlog = readonly number[]

/**
 * A batching policy that depends on more than a count and a window: on its earlier batches, on
 * deadlines, or on lengths. `Learnt` is the type of what it has learnt from them.
 */
export interface Decider<Learnt> {
  readonly start: Learnt
  learn(learnt: Learnt, done: SeenBatch): Learnt
  /**
   * whether `members` may be dispatched at `at` from the waiting requests `line`, which include
   * them
   */
  allows(learnt: Learnt, line: Backlog, members: Backlog, at: number): boolean
  /**
   * whether a batch from `line` must have been dispatched by `at`, given an executor and a request
   */
  due(learnt: Learnt, line: Backlog, at: number): boolean
  /** the promise, in words */
  expected(learnt: Learnt, line: Backlog, at: number): string
}

/** Both computations of a prediction round differently, ms. */
export const ROUNDING_MS = 1e-6

/**
 * Checks every batch of a queue, and after every event whether a batch was due. For events at one
 * instant, a batch is right if any order explains it.
 */
export function checkDecisions<Learnt>(
  evidence: Evidence,
  queue: SeenQueue,
  decider: Decider<Learnt>,
  findings: Findings,
): void {
  const waiting = new Waiting(evidence, queue, decider)
  eachInstant(evidence, queue, (instant) => {
    const batches = queue.batches.slice(instant.batches.from, instant.batches.to)
    findings.checked += batches.length
    for (const { members } of waiting.unexplained(batches, instant)) {
      findings.violated(members, () => waiting.wrongText(members.length, instant))
    }
    waiting.moveOver(instant)
    const { freeAfter, at } = instant
    const { line, learnt } = waiting
    if (
      !wasChecked(instant) ||
      freeAfter <= 0 ||
      line.length === 0 ||
      !decider.due(learnt, line, at)
    )
      return
    findings.violated([line[0]!], () => {
      const still = `request ${line[0]} still waited in queue ${queue.number} just after ${ms(at)}`
      return `${still} while ${freeAfter} executors were free; ${decider.expected(learnt, line, at)}`
    })
  })
}

/** The waiting requests of a queue, and what its policy has learnt, instant by instant. */
export class Waiting<Learnt> {
  #line: number[] = []
  readonly #evidence: Evidence
  readonly #queue: SeenQueue
  readonly #decider: Pick<Decider<Learnt>, 'learn' | 'allows' | 'expected'>
  /** in order of their ends; at one instant in the order in which they were reported */
  readonly #ends: readonly SeenBatch[]
  /** `#learnt[i]`: after the first i ends */
  readonly #learnt: Learnt[]
  #ended = 0

  constructor(
    evidence: Evidence,
    queue: SeenQueue,
    decider: Pick<Decider<Learnt>, 'start' | 'learn' | 'allows' | 'expected'>,
  ) {
    this.#evidence = evidence
    this.#queue = queue
    this.#decider = decider
    const number = ({ members }: SeenBatch) => evidence.rows.batch[members[0]!]!
    this.#ends = queue.batches.toSorted((a, b) => a.done - b.done || number(a) - number(b))
    this.#learnt = [decider.start]
  }

  get line(): Backlog {
    return this.#line
  }

  get learnt(): Learnt {
    return this.learntAfter(0)
  }

  /** What has been learnt after the first `ends` ends of the next instant. */
  learntAfter(ends: number): Learnt {
    const { rows } = this.#evidence
    while (this.#learnt.length <= this.#ended + ends) {
      const before = this.#learnt.at(-1)!
      const done = this.#ends[this.#learnt.length - 1]!
      const failed = rows.outcome[done.members[0]!] === FAILED
      this.#learnt.push(failed ? before : this.#decider.learn(before, done))
    }
    return this.#learnt[this.#ended + ends]!
  }

  /**
   * The possible waiting requests at an instant, after `came` of its arrivals: without and with the
   * requests that time out at it.
   */
  linesAt({ joined, timedOut }: Instant, came: number): readonly Backlog[] {
    const coming = this.#queue.joined.slice(joined.from, joined.from + came)
    const all = this.#line.concat(coming)
    if (!any(timedOut)) return [all]
    const lost = new Set(this.#queue.timedOut.slice(timedOut.from, timedOut.to))
    return [all.filter((key) => !lost.has(key)), all]
  }

  /** Batches of one instant, in order of dispatch, that no order of events explains. */
  unexplained(batches: readonly SeenBatch[], instant: Instant): readonly SeenBatch[] {
    const wrong: SeenBatch[] = []
    const gone = new Set<number>()
    const coming = instant.joined.to - instant.joined.from
    for (const batch of batches) {
      const ending = { least: this.#freedBy(batch, instant.ends), most: instant.ends }
      const explained = this.#moments(coming, ending).some(({ came, ends }) =>
        this.linesAt(instant, came).some((all) => {
          const line = all.filter((key) => !gone.has(key))
          const { members } = batch
          if (!members.every((key) => line.includes(key))) return false
          return this.#decider.allows(this.learntAfter(ends), line, members, instant.at)
        }),
      )
      if (!explained) wrong.push(batch)
      for (const key of batch.members) gone.add(key)
    }
    return wrong
  }

  /**
   * Number of ends at the instant that must precede a batch, because one of them freed its
   * executor.
   */
  #freedBy({ executor, dispatched }: SeenBatch, ends: number): number {
    const now = this.#ends.slice(this.#ended, this.#ended + ends)
    return 1 + now.findIndex((end) => end.executor === executor && end.dispatched < dispatched)
  }

  /** The likeliest first: all arrivals and ends of the instant precede the batch. */
  #moments(coming: number, { least, most }: { readonly least: number; readonly most: number }) {
    const moments: { came: number; ends: number }[] = []
    for (let came = coming; came >= 0; came--) {
      for (let ends = most; ends >= least; ends--) moments.push({ came, ends })
    }
    return moments
  }

  wrongText(size: number, instant: Instant): string {
    const line = this.linesAt(instant, instant.joined.to - instant.joined.from)[0]!
    const learnt = this.learntAfter(instant.ends)
    const what = `a batch of ${size} at ${ms(instant.at)}, with ${line.length} waiting`
    return `${what}; ${this.#decider.expected(learnt, line, instant.at)}`
  }

  /** Advances past all events of an instant. */
  moveOver(instant: Instant): void {
    const { at, joined, ends, batches, timedOut } = instant
    this.#ended += ends
    this.learntAfter(0)
    const { left } = this.#evidence
    for (let i = joined.from; i < joined.to; i++) this.#line.push(this.#queue.joined[i]!)
    if (any(batches) || any(timedOut)) this.#line = this.#line.filter((key) => left[key]! > at)
  }
}

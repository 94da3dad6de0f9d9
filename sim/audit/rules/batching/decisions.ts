import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { any, eachInstant, type Instant, lookedThrough } from '../../evidence/instants.ts'
import { FAILED } from '../../evidence/raw-rows.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms } from '../../findings.ts'

/** Those who wait, in the order in which they came. */
export type Line = readonly number[]

/**
 * When a policy lets batches go that goes by more than a number and a window: by what it has learnt
 * from its own batches, by deadlines, or by lengths. `Known` is what it has learnt.
 */
export interface Decider<Known> {
  readonly start: Known
  learn(known: Known, done: SeenBatch): Known
  /** whether those members may go at `at` while these wait, themselves included */
  allows(known: Known, line: Line, members: Line, at: number): boolean
  /** whether a batch of these should have gone by `at`; there is at least one, and an executor */
  due(known: Known, line: Line, at: number): boolean
  /** what is promised, in words */
  expected(known: Known, line: Line, at: number): string
}

/** Predictions are computed twice, by code that rounds differently, ms. */
export const ROUNDING_MS = 1e-6

/**
 * Looks at every batch of a queue, and after every event at whether one was due. Of the events of
 * one instant any order that explains a batch is right.
 */
export function checkDecisions<Known>(
  seen: Evidence,
  queue: SeenQueue,
  decider: Decider<Known>,
  found: Findings,
): void {
  const waiting = new Waiting(seen, queue, decider)
  eachInstant(seen, queue, (instant) => {
    const batches = queue.batches.slice(instant.batches.from, instant.batches.to)
    found.checked += batches.length
    for (const { members } of waiting.unexplained(batches, instant)) {
      found.violated(members, () => waiting.wrongText(members.length, instant))
    }
    waiting.moveOver(instant)
    const { freeAfter, at } = instant
    const { line, known } = waiting
    if (
      !lookedThrough(instant) ||
      freeAfter <= 0 ||
      line.length === 0 ||
      !decider.due(known, line, at)
    )
      return
    found.violated([line[0]!], () => {
      const still = `request ${line[0]} still waited in queue ${queue.number} just after ${ms(at)}`
      return `${still} while ${freeAfter} executors were free; ${decider.expected(known, line, at)}`
    })
  })
}

/** Who waits at a queue, and what its policy has learnt, from instant to instant. */
export class Waiting<Known> {
  #line: number[] = []
  readonly #seen: Evidence
  readonly #queue: SeenQueue
  readonly #decider: Pick<Decider<Known>, 'learn' | 'allows' | 'expected'>
  /** by end; at one instant in the order in which they were told of */
  readonly #ends: readonly SeenBatch[]
  /** after so many ends as there are before */
  readonly #known: Known[]
  #ended = 0

  constructor(
    seen: Evidence,
    queue: SeenQueue,
    decider: Pick<Decider<Known>, 'start' | 'learn' | 'allows' | 'expected'>,
  ) {
    this.#seen = seen
    this.#queue = queue
    this.#decider = decider
    const number = ({ members }: SeenBatch) => seen.rows.batch[members[0]!]!
    this.#ends = queue.batches.toSorted((a, b) => a.done - b.done || number(a) - number(b))
    this.#known = [decider.start]
  }

  get line(): Line {
    return this.#line
  }

  get known(): Known {
    return this.knownAfter(0)
  }

  /** What is known after so many ends of the instant to come. */
  knownAfter(ends: number): Known {
    const { rows } = this.#seen
    while (this.#known.length <= this.#ended + ends) {
      const before = this.#known.at(-1)!
      const done = this.#ends[this.#known.length - 1]!
      const failed = rows.outcome[done.members[0]!] === FAILED
      this.#known.push(failed ? before : this.#decider.learn(before, done))
    }
    return this.#known[this.#ended + ends]!
  }

  /** The lines that there may have been at an instant, after so many of it have come. */
  linesAt({ joined, timedOut }: Instant, came: number): readonly Line[] {
    const coming = this.#queue.joined.slice(joined.from, joined.from + came)
    const all = this.#line.concat(coming)
    if (!any(timedOut)) return [all]
    const lost = new Set(this.#queue.timedOut.slice(timedOut.from, timedOut.to))
    return [all.filter((key) => !lost.has(key)), all]
  }

  /** Batches of one instant, in the order in which they went, that nothing explains. */
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
          return this.#decider.allows(this.knownAfter(ends), line, members, instant.at)
        }),
      )
      if (!explained) wrong.push(batch)
      for (const key of batch.members) gone.add(key)
    }
    return wrong
  }

  /** So many of the ends of the instant there were before a batch that one of them let go. */
  #freedBy({ executor, dispatched }: SeenBatch, ends: number): number {
    const now = this.#ends.slice(this.#ended, this.#ended + ends)
    return 1 + now.findIndex((end) => end.executor === executor && end.dispatched < dispatched)
  }

  /** First what is so where each instant has one event: everything has come and ended. */
  #moments(coming: number, { least, most }: { readonly least: number; readonly most: number }) {
    const moments: { came: number; ends: number }[] = []
    for (let came = coming; came >= 0; came--) {
      for (let ends = most; ends >= least; ends--) moments.push({ came, ends })
    }
    return moments
  }

  wrongText(size: number, instant: Instant): string {
    const line = this.linesAt(instant, instant.joined.to - instant.joined.from)[0]!
    const known = this.knownAfter(instant.ends)
    const what = `a batch of ${size} at ${ms(instant.at)}, with ${line.length} waiting`
    return `${what}; ${this.#decider.expected(known, line, instant.at)}`
  }

  /** Everything of an instant has happened. */
  moveOver(instant: Instant): void {
    const { at, joined, ends, batches, timedOut } = instant
    this.#ended += ends
    this.knownAfter(0)
    const { left } = this.#seen
    for (let i = joined.from; i < joined.to; i++) this.#line.push(this.#queue.joined[i]!)
    if (any(batches) || any(timedOut)) this.#line = this.#line.filter((key) => left[key]! > at)
  }
}

import { EventHeap, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { RecordedRow, RowFeed, TraceFeed } from './trace-feed.ts'

/** How the rows of a trace become more, or fewer, requests. */
export interface Growth {
  /** recorded times are multiplied by this */
  readonly scale: number
  /** requests for each recorded one at a time of the run */
  readonly factorAt: (time: Ms) => number
  /** the largest of these factors */
  readonly peak: number
  /** copies are shifted by up to half of this, earlier or later; below 0 the other way */
  readonly shiftMs: Ms
  /** the random stream of a copy */
  readonly randomOf: (copy: number) => Random
}

/**
 * The rows of a trace at another rate: the superposition of copies of the trace, each shifted by a
 * constant time and thinned at random (Lewis and Shedler 1979). With the factor f, the first
 * floor(f) copies have all rows and the next has each with probability f - floor(f). The first copy
 * is not shifted, so a factor of 1 is the trace. Copies keep the gaps of the trace; fluctuations
 * that are shorter than the shifts do not coincide, longer ones add up. Each copy draws a number
 * for each row, so a larger factor only adds requests.
 */
export class GrownRows implements RowFeed {
  readonly #feed: TraceFeed
  readonly #growth: Growth
  readonly #shifts: readonly Ms[]
  readonly #random: readonly Random[]
  /** the next candidate of each copy that has one, whose kind and slot are the copy */
  readonly #heap = new EventHeap()
  /** row that each copy takes next, counted over the trace */
  readonly #cursors: number[]
  /** copies without a candidate in the heap */
  #waiting: number[]
  /** rows from the one that the last copy needs on */
  #rows: (RecordedRow & { readonly at: Ms })[] = []
  #firstRow = 0
  #current: RecordedRow | null = null

  constructor(feed: TraceFeed, growth: Growth) {
    const copies = Array.from({ length: Math.ceil(growth.peak - ROUNDING) }, (_, copy) => copy)
    this.#feed = feed
    this.#growth = growth
    this.#shifts = copies.map((copy) => growth.shiftMs * shiftOf(copy))
    this.#random = copies.map(growth.randomOf)
    this.#cursors = copies.map(() => 0)
    this.#waiting = copies
  }

  next(): Ms {
    for (;;) {
      if (!this.#fill()) return Number.NaN
      if (!this.#heap.pop()) return Number.POSITIVE_INFINITY
      const { time, slot: copy } = this.#heap
      const row = this.#cursors[copy]! - 1
      this.#waiting.push(copy)
      const probability = this.#growth.factorAt(time) - copy
      const kept = this.#random[copy]!.uniform() < probability
      // what is shifted to before the start of the run is not sent
      if (!kept || time < 0) continue
      this.#current = this.#rows[row - this.#firstRow]!
      return time
    }
  }

  length(): number {
    return this.#current!.length
  }

  output(): number {
    return this.#current!.output
  }

  prefix(): Int32Array | null {
    return this.#current!.prefix
  }

  /** Gives each copy its next candidate; false where the trace needs rows for that. */
  #fill(): boolean {
    while (this.#waiting.length > 0) {
      const copy = this.#waiting.at(-1)!
      const row = this.#cursors[copy]!
      if (row === this.#firstRow + this.#rows.length) {
        const recorded = this.#feed.next()
        if (Number.isNaN(recorded)) return false
        if (recorded < Number.POSITIVE_INFINITY) {
          this.#rows.push({ ...this.#feed.row(), at: recorded * this.#growth.scale })
        }
      }
      this.#waiting.pop()
      const next = this.#rows[row - this.#firstRow]
      if (next === undefined) continue
      this.#cursors[copy] = row + 1
      this.#heap.push(next.at + this.#shifts[copy]!, copy, copy)
    }
    this.#forget()
    return true
  }

  /** Drops rows that every copy has passed. */
  #forget(): void {
    if (this.#rows.length < MOST_PASSED) return
    const passed = Math.min(...this.#cursors) - 1 - this.#firstRow
    if (passed < this.#rows.length / 2) return
    this.#rows = this.#rows.slice(passed)
    this.#firstRow += passed
  }
}

const MOST_PASSED = 1024

/** A peak of 2.0000000001 needs no third copy. */
const ROUNDING = 1e-9

const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * From -1/2 to 1/2, 0 for the first copy. Multiples of the golden ratio keep any number of copies
 * apart (Weyl 1916).
 */
function shiftOf(copy: number): number {
  return ((copy * GOLDEN + 0.5) % 1) - 0.5
}

import type { Ms } from '../../serving/index.ts'
import type { LengthDistribution } from '../lengths/lengths.ts'

/** Rows of a trace one after another: ms from the window's start, and lengths if any. */
export interface TracePiece {
  readonly times: Float64Array
  readonly lengths: Int32Array | null
  /** tokens to generate */
  readonly outputs: Int32Array | null
  /** what prompts begin with, see `RequestFields` */
  readonly prefixes?: readonly (Int32Array | null)[] | null
}

/** A trace as its reader has surveyed it. */
export interface TraceData {
  /** rows that the scenario takes */
  readonly taken: number
  readonly spanMs: Ms
  /** the rows themselves where they are few; else they come piece by piece */
  readonly held: TracePiece | null
}

/** Reads on in the trace of a class, by its index; null after the last row. */
export type TraceReader = (number: number) => Promise<TracePiece | null>

/** What a scenario takes from the rows, apart from their times. */
interface Needs {
  readonly lengths: boolean
  readonly outputs: boolean
}

const NO_ROWS: TracePiece = Object.freeze({
  times: new Float64Array(0),
  lengths: null,
  outputs: null,
})

/**
 * The rows of a trace that are at hand. Nothing here waits: when they are used up the time of the
 * next row is NaN until more are put in, which whoever drives the world does between two events.
 */
export class TraceFeed {
  readonly #needs: Needs
  #piece: TracePiece
  #next = 0
  #hungry = true
  #ended = false

  constructor({ held }: TraceData, needs: Needs) {
    this.#needs = needs
    this.#piece = NO_ROWS
    if (held === null) return
    this.put(held)
    this.put(null)
  }

  /** Whether the next row was asked for in vain. The last one may be in use until then. */
  get hungry(): boolean {
    return this.#hungry
  }

  /** Rows that follow those put in before, when it is hungry; null: there are none. */
  put(piece: TracePiece | null): void {
    if (piece === null) {
      this.#ended = true
      this.#hungry = false
      return
    }
    if (!this.#hungry) throw new Error('Expected the rows at hand to be used up')
    for (const column of ['lengths', 'outputs'] as const) {
      if (!this.#needs[column] || piece[column] !== null) continue
      throw new Error(`Expected the rows of the trace to have ${column}`)
    }
    this.#piece = piece
    this.#next = 0
    this.#hungry = false
  }

  /** Time of the next row; NaN where more must be put in, Infinity after the last. */
  next(): Ms {
    const { times } = this.#piece
    if (this.#next < times.length) return times[this.#next++]!
    this.#hungry = !this.#ended
    return this.#ended ? Number.POSITIVE_INFINITY : Number.NaN
  }

  /** Length of the row whose time was given last. */
  length(): number {
    return this.#piece.lengths![this.#next - 1]!
  }

  /** What its prompt begins with; null where that is not known. */
  prefix(): Int32Array | null {
    return this.#piece.prefixes?.[this.#next - 1] ?? null
  }

  /** Tokens that are generated for that row. */
  output(): number {
    return this.#piece.outputs![this.#next - 1]!
  }
}

/** What the prompt of the row begins with whose time was given last; null where nobody knows. */
export type PrefixOf = () => Int32Array | null

/** Lengths as recorded: each is drawn after the time of its row and before the next. */
export function recordedLengths(feed: TraceFeed): LengthDistribution {
  return { draw: () => feed.length() }
}

/** The same for tokens that are generated. */
export function recordedOutputs(feed: TraceFeed): LengthDistribution {
  return { draw: () => feed.output() }
}

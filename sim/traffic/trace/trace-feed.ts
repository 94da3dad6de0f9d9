import type { Ms } from '../../serving/index.ts'

/** Consecutive rows of a trace: ms from the window's start, and lengths if any. */
export interface TracePiece {
  readonly times: Float64Array
  readonly lengths: Int32Array | null
  /** tokens to generate */
  readonly outputs: Int32Array | null
  /** prompt prefixes, see `RequestFields` */
  readonly prefixes?: readonly (Int32Array | null)[] | null
}

/** A trace as its reader has scanned it. */
export interface TraceData {
  /** number of rows that the scenario uses */
  readonly taken: number
  readonly spanMs: Ms
  /** the rows themselves where they are few; otherwise they are read in pieces */
  readonly held: TracePiece | null
}

/** Reads the next piece of the trace of a class, by its index; null after the last row. */
export type TraceReader = (number: number) => Promise<TracePiece | null>

/** The columns of the rows that a scenario uses, besides times. */
interface Needs {
  readonly lengths: boolean
  readonly outputs: boolean
}

const NO_ROWS: TracePiece = Object.freeze({
  times: new Float64Array(0),
  lengths: null,
  outputs: null,
})

/** What a row of a trace has besides its time; 0 and null where the trace has none. */
export interface RecordedRow {
  readonly length: number
  /** tokens to generate */
  readonly output: number
  readonly prefix: Int32Array | null
}

/** Rows of a trace one by one. Lengths and prefix are those of the last row returned by `next`. */
export interface RowFeed {
  /** Time of the next row, ms; NaN where rows must be added, Infinity after the last. */
  next(): Ms
  length(): number
  output(): number
  prefix(): Int32Array | null
}

/**
 * The loaded rows of a trace. Reading is synchronous: when the rows are used up, the time of the
 * next row is NaN until the driver of the world adds more between two events.
 */
export class TraceFeed implements RowFeed {
  readonly #needs: Needs
  #piece: TracePiece
  #next = 0
  #needsRows = true
  #ended = false

  constructor({ held }: TraceData, needs: Needs) {
    this.#needs = needs
    this.#piece = NO_ROWS
    if (held === null) return
    this.put(held)
    this.put(null)
  }

  /** Whether `next` found no row. The last row may be in use until then. */
  get needsRows(): boolean {
    return this.#needsRows
  }

  /** Adds the next rows when the feed needs them; null after the last. */
  put(piece: TracePiece | null): void {
    if (piece === null) {
      this.#ended = true
      this.#needsRows = false
      return
    }
    if (!this.#needsRows) throw new Error('Expected the rows at hand to be used up')
    for (const column of ['lengths', 'outputs'] as const) {
      if (!this.#needs[column] || piece[column] !== null) continue
      throw new Error(`Expected the rows of the trace to have ${column}`)
    }
    this.#piece = piece
    this.#next = 0
    this.#needsRows = false
  }

  /** Time of the next row, ms; NaN where rows must be added, Infinity after the last. */
  next(): Ms {
    const { times } = this.#piece
    if (this.#next < times.length) return times[this.#next++]!
    this.#needsRows = !this.#ended
    return this.#ended ? Number.POSITIVE_INFINITY : Number.NaN
  }

  /** The last row returned by `next`. */
  row(): RecordedRow {
    const { lengths, outputs } = this.#piece
    const last = this.#next - 1
    return { length: lengths?.[last] ?? 0, output: outputs?.[last] ?? 0, prefix: this.prefix() }
  }

  /** Length of the last row returned by `next`. Read it before the next row. */
  length(): number {
    return this.#piece.lengths![this.#next - 1]!
  }

  /** Its prompt prefix; null where that is unknown. */
  prefix(): Int32Array | null {
    return this.#piece.prefixes?.[this.#next - 1] ?? null
  }

  /** Its tokens to generate. */
  output(): number {
    return this.#piece.outputs![this.#next - 1]!
  }
}

/** Prompt prefix of the last row returned by `next`; null where it is unknown. */
export type PrefixOf = () => Int32Array | null

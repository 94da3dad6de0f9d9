import type { ClassValues } from './class-values.ts'
import type { TraceRun } from './trace-order.ts'
import type { TraceArrivals, TracePiece } from './trace-piece.ts'
import type { TraceWindow } from './trace-window.ts'

/**
 * Cuts a trace to the window of a scenario and to the rows of a class, and applies its scales and
 * limits to the rows.
 */
export class TraceCut {
  /** lengths that were cut to `max_length` */
  clamped = 0

  readonly #arrivals: TraceArrivals
  readonly #window: TraceWindow
  readonly #kinds: ClassValues | null
  #picked = new Uint32Array(0)
  #times = new Float64Array(0)
  #lengths = new Int32Array(0)
  #outputs = new Int32Array(0)

  /** `kinds`: the values of the class column so far; null without one. */
  constructor(arrivals: TraceArrivals, window: TraceWindow, kinds: ClassValues | null) {
    this.#arrivals = arrivals
    this.#window = window
    this.#kinds = kinds
  }

  /**
   * The rows of a run that are inside the window and of the class. The arrays are reused for the
   * next run.
   */
  piece(run: TraceRun): TracePiece {
    const { times, lengths, outputs, prefixes } = run
    const picked = this.#pick(run)
    const rows = picked.length
    if (rows > this.#times.length) {
      this.#times = new Float64Array(rows)
      this.#lengths = new Int32Array(rows)
      this.#outputs = new Int32Array(rows)
    }
    const scale = this.#arrivals.time_scale ?? 1
    const { startMs } = this.#window
    for (let i = 0; i < rows; i++) this.#times[i] = (times[picked[i]!]! - startMs) * scale
    if (lengths) {
      for (let i = 0; i < rows; i++) this.#lengths[i] = this.#scaled(lengths[picked[i]!]!)
    }
    if (outputs) {
      const { output_scale: factor = 1 } = this.#arrivals
      for (let i = 0; i < rows; i++) {
        const recorded = outputs[picked[i]!]!
        // an answer that was recorded as empty stays so
        const least = Math.min(1, Math.round(recorded))
        this.#outputs[i] = Math.max(least, Math.min(MOST_INT, Math.round(recorded * factor)))
      }
    }
    return {
      times: this.#times.subarray(0, rows),
      lengths: lengths && this.#lengths.subarray(0, rows),
      outputs: outputs && this.#outputs.subarray(0, rows),
      prefixes: prefixes && Array.from(picked, (row) => prefixes[row]!),
    }
  }

  /** The numbers of these rows. */
  #pick({ times, kinds }: TraceRun): Uint32Array {
    const from = firstAt(times, this.#window.startMs)
    const to = firstAt(times, this.#window.endMs)
    if (to - from > this.#picked.length) this.#picked = new Uint32Array(to - from)
    const { class_values: values } = this.#arrivals
    const numbers = values && new Set(values.map((value) => this.#kinds?.numberOf(value)))
    let rows = 0
    for (let row = from; row < to; row++) {
      if (kinds === null || numbers === undefined || numbers.has(kinds[row]!)) {
        this.#picked[rows++] = row
      }
    }
    return this.#picked.subarray(0, rows)
  }

  /**
   * Scaled, rounded, at least 1 and at most `max_length`: dropping requests would change the load.
   */
  #scaled(length: number): number {
    const { length_scale: scale, max_length: most = MOST_INT } = this.#arrivals
    const wanted = Math.max(1, Math.round(length * scale))
    if (wanted > most) this.clamped++
    return Math.min(wanted, most)
  }
}

/** The largest number of a column. */
const MOST_INT = 2 ** 31 - 1

/** Index of the first row at or after a time. */
function firstAt(times: Float64Array, ms: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < ms) low = middle + 1
    else high = middle
  }
  return low
}

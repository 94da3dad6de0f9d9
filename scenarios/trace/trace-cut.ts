import type { TraceRun } from './trace-order.ts'
import type { TraceArrivals, TracePiece } from './trace-piece.ts'
import type { TraceWindow } from './trace-window.ts'

/** Cuts a trace to the window of a scenario, and applies its scales and limits to the rows. */
export class TraceCut {
  /** lengths that were cut to `max_length` */
  clamped = 0

  readonly #arrivals: TraceArrivals
  readonly #window: TraceWindow
  #times = new Float64Array(0)
  #lengths = new Int32Array(0)
  #outputs = new Int32Array(0)

  constructor(arrivals: TraceArrivals, window: TraceWindow) {
    this.#arrivals = arrivals
    this.#window = window
  }

  /** The rows of a run that are inside the window. The arrays are reused for the next run. */
  piece({ times, lengths, outputs, prefixes }: TraceRun): TracePiece {
    const { startMs, endMs } = this.#window
    const from = firstAt(times, startMs)
    const rows = Math.max(0, firstAt(times, endMs) - from)
    if (rows > this.#times.length) {
      this.#times = new Float64Array(rows)
      this.#lengths = new Int32Array(rows)
      this.#outputs = new Int32Array(rows)
    }
    const scale = this.#arrivals.time_scale ?? 1
    for (let i = 0; i < rows; i++) this.#times[i] = (times[from + i]! - startMs) * scale
    if (lengths) {
      for (let i = 0; i < rows; i++) this.#lengths[i] = this.#scaled(lengths[from + i]!)
    }
    if (outputs) for (let i = 0; i < rows; i++) this.#outputs[i] = Math.round(outputs[from + i]!)
    return {
      times: this.#times.subarray(0, rows),
      lengths: lengths && this.#lengths.subarray(0, rows),
      outputs: outputs && this.#outputs.subarray(0, rows),
      prefixes: prefixes?.slice(from, from + rows) ?? null,
    }
  }

  /**
   * Scaled, rounded, at least 1 and at most `max_length`: dropping requests would change the load.
   */
  #scaled(length: number): number {
    const { length_scale: scale, max_length: most = 2 ** 31 - 1 } = this.#arrivals
    const wanted = Math.max(1, Math.round(length * scale))
    if (wanted > most) this.clamped++
    return Math.min(wanted, most)
  }
}

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

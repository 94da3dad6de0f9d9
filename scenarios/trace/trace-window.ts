import type { TraceArrivals } from './trace-piece.ts'

/** The stretch of a trace that a scenario uses. Half open: a row at its end is outside. */
export interface TraceWindow {
  /** ms since the first row of the file */
  readonly startMs: number
  /** Infinity without an end */
  readonly endMs: number
}

/** The window of a scenario; null if it depends on the rows. */
export function statedWindow(window: TraceArrivals['window']): TraceWindow | null {
  if (!window) return { startMs: 0, endMs: Number.POSITIVE_INFINITY }
  if (!('to_s' in window)) return null
  return { startMs: window.from_s * 1000, endMs: window.to_s * 1000 }
}

/**
 * Finds the stretch of a given length that begins at a row and has the most rows; the first of
 * equally busy ones. Keeps the times of one such stretch in memory.
 */
export class BusiestStretch {
  readonly #lengthMs: number
  #times = new Float64Array(1024)
  /** the sliding stretch: rows from … to - 1 */
  #from = 0
  #to = 0
  #startMs = 0
  #rows = 0

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  /** Times must not decrease. */
  add(time: number): void {
    while (this.#from < this.#to && time >= this.#times[this.#from]! + this.#lengthMs) {
      this.#judge()
      this.#from++
    }
    if (this.#to === this.#times.length) this.#makeRoom()
    this.#times[this.#to++] = time
  }

  /** Call after the last row. */
  found(): TraceWindow {
    this.#judge()
    return { startMs: this.#startMs, endMs: this.#startMs + this.#lengthMs }
  }

  #judge(): void {
    if (this.#to - this.#from <= this.#rows) return
    this.#rows = this.#to - this.#from
    this.#startMs = this.#times[this.#from]!
  }

  #makeRoom(): void {
    const held = this.#times.subarray(this.#from, this.#to)
    const size = held.length > this.#times.length / 2 ? 2 * this.#times.length : this.#times.length
    const times = new Float64Array(size)
    times.set(held)
    this.#times = times
    this.#to -= this.#from
    this.#from = 0
  }
}

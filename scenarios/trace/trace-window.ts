import type { TraceArrivals } from './trace-piece.ts'

/** The stretch of a trace that a scenario takes. Half open: a row at its end is outside. */
export interface TraceWindow {
  /** ms since the first row of the file */
  readonly startMs: number
  /** Infinity where there is no end */
  readonly endMs: number
}

/** The window of a scenario; null where only the rows can tell it. */
export function statedWindow(window: TraceArrivals['window']): TraceWindow | null {
  if (!window) return { startMs: 0, endMs: Number.POSITIVE_INFINITY }
  if (!('to_s' in window)) return null
  return { startMs: window.from_s * 1000, endMs: window.to_s * 1000 }
}

/**
 * Finds the stretch of one length that begins at a row and holds the most; of equally busy ones
 * the first. Holds the times of one such stretch.
 */
export class BusiestStretch {
  readonly #lengthMs: number
  #times = new Float64Array(1024)
  /** the stretch that slides: rows from … to - 1 */
  #from = 0
  #to = 0
  #startMs = 0
  #rows = 0

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  /** Times must not fall. */
  add(time: number): void {
    while (this.#from < this.#to && time >= this.#times[this.#from]! + this.#lengthMs) {
      this.#judge()
      this.#from++
    }
    if (this.#to === this.#times.length) this.#makeRoom()
    this.#times[this.#to++] = time
  }

  /** After the last row. */
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

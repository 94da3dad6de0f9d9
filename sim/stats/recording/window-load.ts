import type { Ms } from '../../serving/index.ts'
import type { QueueChanges } from './columns.ts'
import type { Span } from './executor-spans.ts'
import type { TimeGrid } from './time-grid.ts'
import type { Windows } from './worst-window.ts'

/** Time of executors in batches, and waiting requests, in each window. */
export class WindowLoad {
  readonly #windows: Windows
  readonly #grid: TimeGrid
  readonly #busy: readonly Float64Array[]
  readonly #needed: readonly Float64Array[]
  readonly #waitingMs: Float64Array
  #waiting = 0
  #since: Ms = 0
  /** the window in which the last time ended, and its edges on the grid; NaN for none */
  #last = 0
  #lastStarts: Ms = Number.NaN
  #lastEnds: Ms = Number.NaN

  constructor(windows: Windows, pools: number, grid: TimeGrid) {
    this.#windows = windows
    this.#grid = grid
    this.#busy = Array.from({ length: pools }, () => new Float64Array(windows.count))
    this.#needed = Array.from({ length: pools }, () => new Float64Array(windows.count))
    this.#waitingMs = new Float64Array(windows.count)
  }

  /** Times are on the grid. */
  worked(pool: number, started: Ms, ended: Ms): void {
    this.#spread(this.#busy[pool]!, started, ended, 1)
  }

  /** The same for work that would take `neededMs` at the capacity of engines. */
  needed(pool: number, started: Ms, ended: Ms, neededMs: Ms): void {
    if (ended > started) {
      this.#spread(this.#needed[pool]!, started, ended, neededMs / (ended - started))
    }
  }

  queued({ count, at, by }: QueueChanges): void {
    let waiting = this.#waiting
    let since = this.#since
    for (let row = 0; row < count; row++) {
      const now = at[row]!
      if (waiting > 0) this.#spread(this.#waitingMs, since, now, waiting)
      waiting += by[row]!
      since = now
    }
    this.#waiting = waiting
    this.#since = since
  }

  /** By pool, the largest share that its executors worked of the time `paid` for in a window. */
  utilisation(paid: readonly (readonly Span[])[]): number[] {
    return this.#shares(this.#busy, paid)
  }

  /** The same of what their work needs at the capacity of engines. */
  capacityUtilisation(paid: readonly (readonly Span[])[]): number[] {
    return this.#shares(this.#needed, paid)
  }

  #shares(times: readonly Float64Array[], paid: readonly (readonly Span[])[]): number[] {
    return times.map((busy, pool) => {
      const paidMs = new Float64Array(this.#windows.count)
      for (const [from, to] of paid[pool]!) this.#spread(paidMs, from, to, 1)
      // nothing runs where nothing is paid for
      return largest(busy.map((ms, i) => (ms === 0 ? 0 : ms / paidMs[i]!)))
    })
  }

  /** The largest mean number of waiting requests of a window. */
  get queue(): number {
    return largest(this.#waitingMs) / this.#windows.lengthMs
  }

  #spread(into: Float64Array, from: Ms, to: Ms, times: number): void {
    // most times are in the window of the one before
    if (from >= this.#lastStarts && to <= this.#lastEnds) into[this.#last]! += times * (to - from)
    else this.#spreadOver(into, from, to, times)
  }

  #spreadOver(into: Float64Array, from: Ms, to: Ms, times: number): void {
    const { lengthMs, fromMs, count } = this.#windows
    // one window early, as an edge may be rounded
    const first = Math.max(0, Math.floor((from - fromMs) / lengthMs) - 1)
    this.#lastEnds = Number.NaN
    let end = this.#grid.at(fromMs + first * lengthMs)
    for (let i = first; i < count; i++) {
      const start = end
      if (start >= to) return
      end = this.#grid.at(fromMs + (i + 1) * lengthMs)
      if (end > from) into[i]! += times * (Math.min(to, end) - Math.max(from, start))
      this.#last = i
      this.#lastStarts = start
      this.#lastEnds = end
    }
  }
}

/** There may be too many windows for the arguments of a function. */
const largest = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b), 0)

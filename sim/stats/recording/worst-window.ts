import type { Ms } from '../../serving/index.ts'
import { upperProbability } from '../intervals/percentile.ts'
import type { EndedRequests, PickedRows } from './columns.ts'
import { Histogram } from './histogram.ts'

/** Windows of equal length, one after another. */
export interface Windows {
  readonly lengthMs: Ms
  /** start of the first window */
  readonly fromMs: Ms
  readonly count: number
}

/**
 * Windows one after another from `fromMs`, and as many that end at `untilMs`: a rest that is too
 * short for a window is in the last of those, and no time is in none.
 */
export function windowsOf(lengthMs: Ms, fromMs: Ms, untilMs: Ms): readonly Windows[] {
  // a length that fits n times may be an ulp too long
  const count = Math.floor((untilMs - fromMs) / lengthMs + 1e-9)
  const last = untilMs - count * lengthMs
  const first = { lengthMs, fromMs, count }
  return last - fromMs > 1e-6 * lengthMs ? [first, { lengthMs, fromMs: last, count }] : [first]
}

/** A percentile of the requests that ended in the worst window, and how many they are. */
export interface WindowFigure {
  /** by nearest rank, ms */
  readonly value: number
  /**
   * the largest of all windows by `upperProbability`, ms: not too low, however few requests a
   * window has; infinite if one has too few for that
   */
  readonly upper: number
  readonly n: number
}

const NONE: WindowFigure = { value: Number.NaN, upper: Number.NaN, n: 0 }

/** Of one percentile in two windows, or two series of them: the worse of each figure. */
export function worseOf(a: WindowFigure, b: WindowFigure): WindowFigure {
  // no request, no percentile
  if (Number.isNaN(a.value)) return b
  if (Number.isNaN(b.value)) return a
  const { value, n } = b.value > a.value ? b : a
  return { value, upper: Math.max(a.upper, b.upper), n }
}

/**
 * Percentiles of the worst window, by the time at which requests end. One histogram is used again
 * for each window, so memory does not grow with the run.
 */
export class WorstWindow {
  readonly #windows: Windows
  readonly #percentiles: readonly number[]
  readonly #histogram = new Histogram()
  readonly #worst: WindowFigure[]
  #lost = 0
  #ends: Ms
  #index = 0

  constructor(windows: Windows, percentiles: readonly number[]) {
    this.#windows = windows
    this.#percentiles = percentiles
    this.#worst = percentiles.map(() => NONE)
    this.#ends = windows.fromMs + windows.lengthMs
  }

  /** A request took `ms` and ended now; times never fall. */
  record(now: Ms, ms: Ms): void {
    if (now < this.#windows.fromMs) return
    if (now >= this.#ends) this.#next(now)
    this.#histogram.record(ms)
  }

  /** Requests ended, in order of time: their latencies. */
  add({ ended, latency }: EndedRequests, { at: rows, count }: PickedRows): void {
    const times = ended.values
    const lastAt = times[rows[count - 1]!]!
    for (let from = 0; from < count; ) {
      const now = times[rows[from]!]!
      if (now < this.#windows.fromMs) {
        from++
        continue
      }
      if (now >= this.#ends) this.#next(now)
      let to = lastAt < this.#ends ? count : from + 1
      while (to < count && times[rows[to]!]! < this.#ends) to++
      this.#histogram.recordRows(latency, rows, from, to)
      from = to
    }
  }

  /** A request ended now that was not served: its time is infinite. */
  lost(now: Ms): void {
    if (now < this.#windows.fromMs) return
    if (now >= this.#ends) this.#next(now)
    this.#lost++
  }

  /** Of each percentile, once the run has ended; NaN where no window had a request. */
  get figures(): readonly WindowFigure[] {
    this.#close()
    return this.#worst
  }

  #next(now: Ms): void {
    const { fromMs, lengthMs } = this.#windows
    this.#close()
    this.#index = Math.floor((now - fromMs) / lengthMs)
    this.#ends = fromMs + (this.#index + 1) * lengthMs
  }

  #close(): void {
    const n = this.#histogram.count + this.#lost
    if (n > 0 && this.#index < this.#windows.count) {
      this.#percentiles.forEach((p, i) => {
        const value = this.#histogram.quantile(p, this.#lost)
        const above = upperProbability(p, n)
        const upper =
          above > 1 ? Number.POSITIVE_INFINITY : this.#histogram.quantile(above, this.#lost)
        this.#worst[i] = worseOf(this.#worst[i]!, { value, upper, n })
      })
    }
    this.#histogram.reset()
    this.#lost = 0
  }
}

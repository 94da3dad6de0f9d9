import type { Ms } from '../../serving/index.ts'
import type { Windows } from './worst-window.ts'

/** Time of executors in batches, and waiting requests, in each window. */
export class WindowLoad {
  readonly #windows: Windows
  readonly #busy: readonly Float64Array[]
  readonly #waitingMs: Float64Array
  #waiting = 0
  #since: Ms = 0

  constructor(windows: Windows, pools: number) {
    this.#windows = windows
    this.#busy = Array.from({ length: pools }, () => new Float64Array(windows.count))
    this.#waitingMs = new Float64Array(windows.count)
  }

  worked(pool: number, started: Ms, ended: Ms): void {
    this.#spread(this.#busy[pool]!, started, ended, 1)
  }

  queued(now: Ms, change: number): void {
    if (this.#waiting > 0) this.#spread(this.#waitingMs, this.#since, now, this.#waiting)
    this.#waiting += change
    this.#since = now
  }

  /** The largest share of a window that an executor of each pool worked, on average, per pool. */
  utilisation(replicas: readonly number[]): number[] {
    return this.#busy.map((busy, pool) => most(busy) / (this.#windows.lengthMs * replicas[pool]!))
  }

  /** The largest mean number of waiting requests of a window. */
  get queue(): number {
    return most(this.#waitingMs) / this.#windows.lengthMs
  }

  #spread(into: Float64Array, from: Ms, to: Ms, times: number): void {
    const { lengthMs, fromMs, count } = this.#windows
    const first = Math.max(0, Math.floor((from - fromMs) / lengthMs))
    for (let i = first; i < count; i++) {
      const start = fromMs + i * lengthMs
      if (start >= to) return
      into[i]! += times * (Math.min(to, start + lengthMs) - Math.max(from, start))
    }
  }
}

/** There may be too many windows for the arguments of a function. */
const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b), 0)

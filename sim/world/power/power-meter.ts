import type { Ms } from '../../serving/index.ts'

/** Intervals of the power over time, and one for everything after the traffic. */
export const POWER_INTERVALS = 120

/** The energy of pools over a run: power is constant from one change to the next. */
export class PowerMeter {
  readonly #from: Ms
  readonly #width: Ms
  /** of each executor: power now, and since when */
  readonly #watts: Float64Array
  readonly #since: Float64Array
  readonly #poolOf: readonly number[]
  /** J after the warm-up, by pool */
  readonly joules: Float64Array
  /** J in each interval, by pool; the last interval is open */
  readonly series: readonly Float64Array[]

  constructor(of: {
    readonly idleW: readonly number[]
    /** pool of each executor */
    readonly pools: readonly number[]
    readonly warmupMs: Ms
    readonly durationMs: Ms
  }) {
    this.#from = of.warmupMs
    this.#width = of.durationMs / POWER_INTERVALS
    this.#watts = Float64Array.from(of.idleW)
    this.#since = new Float64Array(of.idleW.length)
    this.#poolOf = of.pools
    const pools = Math.max(...of.pools, -1) + 1
    this.joules = new Float64Array(pools)
    this.series = Array.from({ length: pools }, () => new Float64Array(POWER_INTERVALS + 1))
  }

  /** An executor takes so much from `at` on. Times of one executor rise. */
  set(executor: number, at: Ms, watts: number): void {
    const since = this.#since[executor]!
    const before = this.#watts[executor]!
    const pool = this.#poolOf[executor]!
    if (at > since) {
      this.joules[pool]! += (before * Math.max(0, at - Math.max(since, this.#from))) / 1000
      this.#spread(this.series[pool]!, before, since, at)
      this.#since[executor] = at
    }
    this.#watts[executor] = watts
  }

  /** All executors keep their power until `at`. */
  until(at: Ms): void {
    for (const [executor, watts] of this.#watts.entries()) this.set(executor, at, watts)
  }

  #spread(series: Float64Array, watts: number, from: Ms, to: Ms): void {
    let at = from
    while (at < to) {
      const interval = Math.min(POWER_INTERVALS, Math.floor(at / this.#width))
      const end = interval < POWER_INTERVALS ? Math.min(to, (interval + 1) * this.#width) : to
      // an edge that is rounded down would not be passed
      const next = end > at ? end : to
      series[interval]! += (watts * (next - at)) / 1000
      at = next
    }
  }
}

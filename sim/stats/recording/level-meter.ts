import type { Ms } from '../../serving/index.ts'

/** Intervals of a level over time, and one for everything after the traffic. */
export const LEVEL_INTERVALS = 120

/**
 * What executors take of something over a run, such as power or time in service, by pool. The level
 * of each executor is constant from one change to the next; sums are in level times seconds.
 */
export class LevelMeter {
  readonly #from: Ms
  readonly #width: Ms
  /** of each executor: level now, and since when */
  readonly #levels: Float64Array
  readonly #since: Float64Array
  readonly #poolOf: readonly number[]
  readonly #durationMs: Ms
  /** of each executor, changes after the traffic: only those before the end of the run count */
  readonly #late: ({ readonly at: Ms; readonly level: number }[] | undefined)[] = []
  /** after the warm-up, by pool */
  readonly totals: Float64Array
  /** in each interval, by pool; the last interval is open */
  readonly series: readonly Float64Array[]

  constructor(options: {
    /** of each executor, at first */
    readonly levels: readonly number[]
    /** pool of each executor */
    readonly pools: readonly number[]
    readonly warmupMs: Ms
    readonly durationMs: Ms
  }) {
    this.#from = options.warmupMs
    this.#width = options.durationMs / LEVEL_INTERVALS
    this.#levels = Float64Array.from(options.levels)
    this.#since = new Float64Array(options.levels.length)
    this.#poolOf = options.pools
    this.#durationMs = options.durationMs
    const pools = Math.max(...options.pools, -1) + 1
    this.totals = new Float64Array(pools)
    this.series = Array.from({ length: pools }, () => new Float64Array(LEVEL_INTERVALS + 1))
  }

  /** Like `set`, also for a time after the traffic, which the run may not reach. */
  change(executor: number, at: Ms, level: number): void {
    if (at <= this.#durationMs) this.set(executor, at, level)
    else (this.#late[executor] ??= []).push({ at, level })
  }

  /** From `at` on an executor has a level. Times of one executor rise. */
  set(executor: number, at: Ms, level: number): void {
    if (this.#late[executor] !== undefined) this.#catchUp(executor, at)
    this.#set(executor, at, level)
  }

  #catchUp(executor: number, until: Ms): void {
    const changes = this.#late[executor]!
    this.#late[executor] = undefined
    for (const { at, level } of changes) if (at <= until) this.#set(executor, at, level)
  }

  #set(executor: number, at: Ms, level: number): void {
    const since = this.#since[executor]!
    const before = this.#levels[executor]!
    const pool = this.#poolOf[executor]!
    if (at > since) {
      this.totals[pool]! += (before * Math.max(0, at - Math.max(since, this.#from))) / 1000
      this.#spread(this.series[pool]!, before, since, at)
      this.#since[executor] = at
    }
    this.#levels[executor] = level
  }

  /** The last change came earlier than was set: at `at`. `level`: the level before it. */
  shorten(executor: number, at: Ms, level: number): void {
    const since = this.#since[executor]!
    if (at >= since) return
    const pool = this.#poolOf[executor]!
    this.totals[pool]! -= (level * Math.max(0, since - Math.max(at, this.#from))) / 1000
    this.#spread(this.series[pool]!, -level, at, since)
    this.#since[executor] = at
  }

  /** All executors keep their levels until `at`. */
  until(at: Ms): void {
    for (const executor of this.#levels.keys()) {
      if (this.#late[executor] !== undefined) this.#catchUp(executor, at)
      this.#set(executor, at, this.#levels[executor]!)
    }
  }

  #spread(series: Float64Array, level: number, from: Ms, to: Ms): void {
    let at = from
    let interval = Math.min(LEVEL_INTERVALS, Math.floor(from / this.#width))
    for (; at < to; interval++) {
      const end = interval < LEVEL_INTERVALS ? Math.min(to, (interval + 1) * this.#width) : to
      // an edge that is rounded down is behind
      if (end <= at) continue
      series[interval]! += (level * (end - at)) / 1000
      at = end
    }
  }
}

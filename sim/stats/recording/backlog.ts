import type { Ms } from '../../serving/index.ts'
import type { QueueChanges } from './columns.ts'

/** A time of increased traffic. */
export interface SurgeWindow {
  readonly fromMs: Ms
  /** when its decay begins */
  readonly toMs: Ms
}

/** The waiting requests during and after a surge. */
export interface SurgeBacklog {
  /** peak backlog, from the surge until the next one */
  readonly peak: number
  /** recovery time; Infinity where the next surge or the end of the traffic came first */
  readonly recoveryMs: Ms
}

interface Stretch {
  readonly window: SurgeWindow
  /** peak backlog before the first surge */
  readonly before: number
  peak: number
  recoveredAt: Ms
}

/** Follows the number of waiting requests, over all queues, through the surges of a run. */
export class Backlog {
  readonly #windows: readonly SurgeWindow[]
  readonly #warmupMs: Ms
  /** end of the traffic: a queue that drains after it has not recovered */
  readonly #endMs: Ms
  readonly #stretches: Stretch[] = []
  #waiting = 0
  /** peak backlog from the warm-up until the first surge */
  #usual = 0

  /** `windows` in the order of their starts. */
  constructor(windows: readonly SurgeWindow[], warmupMs: Ms, endMs: Ms) {
    this.#windows = windows
    this.#warmupMs = warmupMs
    this.#endMs = endMs
  }

  changed({ count, at, by }: QueueChanges): void {
    if (this.#windows.length === 0) return
    for (let row = 0; row < count; row++) this.change(at[row]!, by[row]!)
  }

  change(now: Ms, by: number): void {
    for (
      let next = this.#windows[this.#stretches.length];
      next !== undefined && now >= next.fromMs;
      next = this.#windows[this.#stretches.length]
    ) {
      this.#stretches.push({
        window: next,
        before: this.#usual,
        peak: this.#waiting,
        recoveredAt: Number.POSITIVE_INFINITY,
      })
    }
    this.#waiting += by
    const stretch = this.#stretches.at(-1)
    if (stretch === undefined) {
      if (now >= this.#warmupMs) this.#usual = Math.max(this.#usual, this.#waiting)
      return
    }
    // surges of several classes may begin at the same time
    for (let i = this.#stretches.length - 1; i >= 0; i--) {
      const same = this.#stretches[i]!
      if (same.window.fromMs !== stretch.window.fromMs) return
      this.#follow(same, now)
    }
  }

  #follow(stretch: Stretch, now: Ms): void {
    stretch.peak = Math.max(stretch.peak, this.#waiting)
    const within = now >= stretch.window.toMs && now < this.#endMs
    const over = within && this.#waiting <= stretch.before
    if (over && stretch.recoveredAt === Number.POSITIVE_INFINITY) stretch.recoveredAt = now
  }

  /** One for each surge that began. */
  get surges(): readonly SurgeBacklog[] {
    return this.#stretches.map(({ window, peak, recoveredAt }) => ({
      peak,
      recoveryMs: recoveredAt - window.toMs,
    }))
  }
}

import type { Ms } from '../../serving/index.ts'

/** A time of more traffic. */
export interface SurgeWindow {
  readonly fromMs: Ms
  /** when it begins to decay */
  readonly toMs: Ms
}

/** What a surge did to the requests that wait. */
export interface SurgeBacklog {
  /** most that waited, from the surge until the next one */
  readonly peak: number
  /**
   * from the surge's end until no more waited than ever before the first one; Infinity where that
   * did not come before the next surge or the end of the traffic
   */
  readonly recoveryMs: Ms
}

interface Stretch {
  readonly window: SurgeWindow
  /** most that waited before the surge */
  readonly before: number
  peak: number
  recoveredAt: Ms
}

/** Follows the number of waiting requests through the surges of a run, in all queues together. */
export class Backlog {
  readonly #windows: readonly SurgeWindow[]
  readonly #warmupMs: Ms
  /** of the traffic: a queue that then drains has not recovered */
  readonly #endMs: Ms
  readonly #stretches: Stretch[] = []
  #waiting = 0
  /** most that waited from the warm-up until the first surge */
  #usual = 0

  /** `windows` by their start. */
  constructor(windows: readonly SurgeWindow[], warmupMs: Ms, endMs: Ms) {
    this.#windows = windows
    this.#warmupMs = warmupMs
    this.#endMs = endMs
  }

  change(now: Ms, by: number): void {
    if (this.#windows.length === 0) return
    const next = this.#windows[this.#stretches.length]
    if (next !== undefined && now >= next.fromMs) {
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

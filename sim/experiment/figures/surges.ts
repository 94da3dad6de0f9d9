import type { Result } from '../../documents/index.ts'
import type { Batch, Ms, Observer } from '../../serving/index.ts'
import { surgeWindows } from '../../traffic/index.ts'
import { overRuns } from '../result/over-runs.ts'
import type { SystemFamily } from './family.ts'

/** What waits, over all queues, from each surge on. */
export const surges: SystemFamily<readonly SurgeBacklog[], 'surges'> = {
  start({ scenario, warmupMs, durationMs }) {
    const windows = surgeWindows(scenario)
    const backlog = new Backlog(windows, warmupMs, durationMs)
    return { observers: windows.length === 0 ? [] : [backlog], summary: () => backlog.surges }
  },

  ofSystem(summaries, { scenario }) {
    const all = surgeWindows(scenario).map(({ class: name, fromMs }, i) => {
      // a run that ended before the surge has no backlog from it
      const each = summaries.map((run) => run[i] ?? { peak: 0, recoveryMs: 0 })
      return {
        class: name,
        at_s: fromMs / 1000,
        peak_backlog: overRuns(each, ({ peak }) => peak),
        recovery_s: recoveryOf(each),
      }
    })
    return { surges: all }
  },
}

function recoveryOf(each: readonly SurgeBacklog[]): Result['surges'][number]['recovery_s'] {
  const lasting = each.filter(({ recoveryMs }) => recoveryMs === Number.POSITIVE_INFINITY)
  if (lasting.length === 0) return overRuns(each, ({ recoveryMs }) => recoveryMs / 1000)
  return {
    value: null,
    low: null,
    high: null,
    n: each.length,
    reason: `not before the next surge or the end in ${lasting.length} of ${each.length} runs`,
  }
}

/** A time of increased traffic. */
interface SurgeWindow {
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
export class Backlog implements Observer {
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

  arrived(now: Ms): void {
    this.change(now, 1)
  }

  dispatched(now: Ms, { size }: Batch): void {
    this.change(now, -size)
  }

  lost(now: Ms): void {
    this.change(now, -1)
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

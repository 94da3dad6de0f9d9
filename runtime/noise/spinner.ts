import type { Ms } from '../../sim/serving/index.ts'

/** Shorter gaps are not kept: no rule uses them, and interrupts of timers are as long. */
export const LEAST_GAP_MS = 0.05

/** What a spinning thread met. */
export interface Spun {
  readonly spunMs: Ms
  /** gaps of more than LEAST_GAP_MS between two readings of the clock */
  readonly gaps: readonly Ms[]
  /** of each ms, the longest gap that reached into it */
  readonly longest: readonly Ms[]
}

/** Reads a clock without a pause: a gap between two readings is time that the thread lost. */
export class Spinner implements Spun {
  readonly gaps: Ms[] = []
  readonly longest: Ms[] = []
  spunMs = 0
  readonly #now: () => Ms

  constructor(now: () => Ms = () => performance.now()) {
    this.#now = now
  }

  /** Spins for a whole number of ms. A last gap may be longer than what was left. */
  spin(durationMs: number): void {
    const now = this.#now
    const longest = new Float64Array(durationMs)
    const from = now()
    let last = from
    while (last - from < durationMs) {
      const at = now()
      const gap = at - last
      const end = Math.min(durationMs - 1, Math.floor(at - from))
      for (let ms = Math.floor(last - from); ms <= end; ms++) {
        if (gap > longest[ms]!) longest[ms] = gap
      }
      if (gap > LEAST_GAP_MS) this.gaps.push(gap)
      last = at
    }
    this.spunMs += last - from
    this.longest.push(...longest)
  }
}

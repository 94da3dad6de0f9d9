import type { Ms } from '../../serving/index.ts'

/** Arrivals per second in consecutive bins; the last bin ends with the last arrival. */
export interface RateOverTime {
  readonly bin_s: number
  readonly rps: readonly number[]
}

const MOST_BINS = 600
const FIRST_BIN_MS = 100

/** The rate over a time of unknown length: pairs of bins are merged when there are too many. */
export class RateSeries {
  readonly #counts = new Float64Array(MOST_BINS)
  #binMs: Ms = FIRST_BIN_MS
  #last: Ms = 0

  /** `time`: since the first arrival, ms, not falling. */
  add(time: Ms): void {
    while (time >= MOST_BINS * this.#binMs) this.#merge()
    this.#counts[Math.floor(time / this.#binMs)]!++
    this.#last = time
  }

  rates(): RateOverTime {
    const whole = Math.floor(this.#last / this.#binMs)
    const rest = this.#last - whole * this.#binMs
    const perS = 1000 / this.#binMs
    const rps = Array.from(this.#counts.subarray(0, whole), (count) => count * perS)
    // the rate of a bin that has hardly begun is too uncertain
    if (rest > this.#binMs / 2) rps.push((1000 * this.#counts[whole]!) / rest)
    return { bin_s: this.#binMs / 1000, rps }
  }

  #merge(): void {
    const counts = this.#counts
    for (let i = 0; i < MOST_BINS / 2; i++) counts[i] = counts[2 * i]! + counts[2 * i + 1]!
    counts.fill(0, MOST_BINS / 2)
    this.#binMs *= 2
  }
}

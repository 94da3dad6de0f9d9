import type { Ms } from '../../serving/index.ts'

/** Arrivals per second in bins one after another; the last one ends with the last arrival. */
export interface RateOverTime {
  readonly bin_s: number
  readonly rps: readonly number[]
}

const MOST_BINS = 600
const FIRST_BIN_MS = 100

/**
 * The rate over a time whose length nobody knows beforehand: whenever there are too many bins, two
 * become one, so there are 300 to 600 in the end where the time is longer than half a minute.
 */
export class RateSeries {
  readonly #counts = new Float64Array(MOST_BINS)
  #binMs: Ms = FIRST_BIN_MS
  #last: Ms = 0

  /** `time`: since the first arrival, not falling. */
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
    // a bin that has hardly begun would show any rate
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

import type { Ms } from '../serving/ports.ts'

/** A rate that holds from `atMs` on, requests/ms. */
export interface RateStep {
  readonly atMs: Ms
  readonly rate: number
}

/** A multiple of the rate for a while: a linear rise, a plateau, a linear decay. */
export interface Surge {
  readonly atMs: Ms
  readonly factor: number
  readonly riseMs: Ms
  readonly holdMs: Ms
  readonly decayMs: Ms
}

/**
 * An arrival rate over time: steps times 1 + sum (factor - 1) shape(t) over the surges. That is
 * linear between its breakpoints, so its integral and the inverse of that are exact.
 */
export class Rate {
  readonly #starts: number[] = []
  readonly #rates: number[] = []
  readonly #slopes: number[] = []
  /** expected arrivals before the start of each piece */
  readonly #sums: number[] = []
  #cursor = 0

  /** `steps` rise from time 0. */
  constructor(steps: readonly RateStep[], surges: readonly Surge[] = []) {
    const edges = surges.flatMap(({ atMs, riseMs, holdMs, decayMs }) => [
      atMs,
      atMs + riseMs,
      atMs + riseMs + holdMs,
      atMs + riseMs + holdMs + decayMs,
    ])
    const breaks = [...new Set([...steps.map(({ atMs }) => atMs), ...edges])].sort((a, b) => a - b)
    let sum = 0
    breaks.forEach((start, i) => {
      const end = breaks[i + 1] ?? Number.POSITIVE_INFINITY
      const base = steps.findLast(({ atMs }) => atMs <= start)?.rate ?? 0
      // limits from inside the piece: steps and surges without a rise jump at its edges
      const inside = Number.isFinite(end) ? (start + end) / 2 : start + 1
      const middle = base * multiplier(surges, inside)
      const quarter = base * multiplier(surges, (start + inside) / 2)
      const slope = (middle - quarter) / ((inside - start) / 2)
      const flat = Math.abs(slope) * (inside - start) < 1e-12 * middle
      this.#starts.push(start)
      this.#rates.push(flat ? middle : Math.max(0, middle - slope * (inside - start)))
      this.#slopes.push(flat ? 0 : slope)
      this.#sums.push(sum)
      if (Number.isFinite(end)) sum += middle * (end - start)
    })
  }

  /** Requests/ms at a time. */
  at(t: Ms): number {
    const i = this.#starts.findLastIndex((start) => start <= t)
    return i < 0 ? 0 : this.#rates[i]! + this.#slopes[i]! * (t - this.#starts[i]!)
  }

  /** Expected arrivals in [0, t). */
  cumulative(t: Ms): number {
    const i = this.#starts.findLastIndex((start) => start <= t)
    if (i < 0) return 0
    const dt = t - this.#starts[i]!
    return this.#sums[i]! + dt * (this.#rates[i]! + 0.5 * this.#slopes[i]! * dt)
  }

  /** When `sum` arrivals are expected to have come; Infinity where never. Call with rising sums. */
  inverse(sum: number): Ms {
    const last = this.#starts.length - 1
    while (this.#cursor < last && this.#sums[this.#cursor + 1]! < sum) this.#cursor++
    const i = this.#cursor
    const left = sum - this.#sums[i]!
    const rate = this.#rates[i]!
    const slope = this.#slopes[i]!
    if (slope === 0) return this.#starts[i]! + left / rate
    // the root of rate dt + slope dt^2 / 2 = left, in the form that does not cancel
    return (
      this.#starts[i]! +
      (2 * left) / (rate + Math.sqrt(Math.max(0, rate * rate + 2 * slope * left)))
    )
  }
}

function multiplier(surges: readonly Surge[], t: Ms): number {
  return surges.reduce((sum, surge) => sum + (surge.factor - 1) * shape(surge, t), 1)
}

function shape({ atMs, riseMs, holdMs, decayMs }: Surge, t: Ms): number {
  const since = t - atMs
  if (since < 0) return 0
  if (since < riseMs) return since / riseMs
  if (since < riseMs + holdMs) return 1
  const after = since - riseMs - holdMs
  return after < decayMs ? 1 - after / decayMs : 0
}

import { cos } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { OperationalTime } from './arrivals.ts'
import { type Surge, surgeHeight, surgeKnots } from './surge.ts'

/** A periodic rate: times 1 + amplitude at its peaks, 1 - amplitude at its troughs. */
export interface Wave {
  readonly periodMs: Ms
  /** from 0 to 1 */
  readonly amplitude: number
  readonly peakAtMs: Ms
}

/** A rate from `atMs` on, requests/ms. */
export interface RateStep {
  readonly atMs: Ms
  readonly rate: number
}

/** Breakpoints closer than this are one, ms. Shorter pieces only result from rounding. */
const SAME_MS = 1e-6

/** The parts of a rate. `steps` rise in time; before the first the rate is 0. */
export interface RateParts {
  readonly steps: readonly RateStep[]
  readonly surges?: readonly Surge[]
  readonly waves?: readonly Wave[]
  /** waves end here, and the rate stays constant; Infinity without waves */
  readonly endMs?: Ms
}

/**
 * An arrival rate over time: steps, times 1 + sum (factor - 1) height(t) over the surges, times the
 * waves. Overlapping dips stop at 0. The rate is linear between its breakpoints, so its integral
 * and the inverse of the integral are exact.
 */
export class Rate implements OperationalTime {
  readonly #starts: number[] = []
  readonly #rates: number[] = []
  readonly #slopes: number[] = []
  /** expected arrivals before the start of each piece */
  readonly #sums: number[] = []
  /** expected arrivals before the end of the last piece */
  #end = 0
  #cursor = 0

  constructor({ steps, surges = [], waves = [], endMs = Number.POSITIVE_INFINITY }: RateParts) {
    const factorAt = (t: Ms) =>
      surges.reduce((sum, surge) => sum + (surge.factor - 1) * surgeHeight(surge, t), 1) *
      waves.reduce((product, wave) => product * waveFactor(wave, Math.min(t, endMs)), 1)
    const breaks = [
      ...steps.map(({ atMs }) => atMs),
      ...surges.flatMap(surgeKnots),
      ...waves.flatMap((wave) => waveKnots(wave, endMs)),
    ].sort((a, b) => a - b)
    let start = breaks[0]!
    for (const end of breaks) {
      if (end - start <= SAME_MS) continue
      const [first, last] = limits(steps, factorAt, start, end)
      const crossing = start + ((end - start) * first) / (first - last)
      if (first * last < 0 && crossing > start && crossing < end) {
        this.#add(start, crossing, first, 0)
        this.#add(crossing, end, 0, last)
      } else {
        this.#add(start, end, first, last)
      }
      start = end
    }
    const [rate] = limits(steps, factorAt, start, start + 1)
    this.#add(start, Number.POSITIVE_INFINITY, rate, rate)
  }

  /** Adds a piece with a linear rate; the part below 0 counts as 0. */
  #add(start: Ms, end: Ms, first: number, last: number): void {
    const from = Math.max(0, first)
    const to = Math.max(0, last)
    this.#starts.push(start)
    this.#rates.push(from)
    this.#slopes.push(Math.abs(to - from) < 1e-12 * from ? 0 : (to - from) / (end - start))
    this.#sums.push(this.#end)
    this.#end += ((from + to) / 2) * (end - start)
  }

  /** The largest rate, requests/ms; it is at an end of a piece. */
  get peak(): number {
    return this.#rates.reduce((most, rate, i) => {
      const ms = this.#starts[i + 1] === undefined ? 0 : this.#starts[i + 1]! - this.#starts[i]!
      return Math.max(most, rate, rate + this.#slopes[i]! * ms)
    }, 0)
  }

  /** The last piece that starts at or before a time; -1 before the first. */
  #pieceAt(t: Ms): number {
    let low = 0
    let high = this.#starts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#starts[middle]! <= t) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Requests/ms at a time. */
  at(t: Ms): number {
    const i = this.#pieceAt(t)
    return i < 0 ? 0 : this.#rates[i]! + this.#slopes[i]! * (t - this.#starts[i]!)
  }

  /** Expected arrivals in [0, t). */
  cumulative(t: Ms): number {
    const i = this.#pieceAt(t)
    if (i < 0) return 0
    const dt = t - this.#starts[i]!
    return this.#sums[i]! + dt * (this.#rates[i]! + 0.5 * this.#slopes[i]! * dt)
  }

  /** Time at which `sum` arrivals are expected, ms; Infinity for never. Call with rising sums. */
  inverse(sum: number): Ms {
    const last = this.#starts.length - 1
    while (this.#cursor < last && this.#sums[this.#cursor + 1]! < sum) this.#cursor++
    const i = this.#cursor
    const start = this.#starts[i]!
    const left = sum - this.#sums[i]!
    if (left <= 0) return start
    const rate = this.#rates[i]!
    const slope = this.#slopes[i]!
    const at = start + (slope === 0 ? left / rate : timeOn(rate, slope, left))
    return i < last ? Math.min(at, this.#starts[i + 1]!) : at
  }
}

/** The root of rate dt + slope dt^2 / 2 = sum, in the form without cancellation. */
function timeOn(rate: number, slope: number, sum: number): Ms {
  const root = Math.sqrt(Math.max(0, rate * rate + 2 * slope * sum))
  return (2 * sum) / (rate + root)
}

/** Rates just after the start and just before the end of a piece; they may be negative. */
function limits(
  steps: readonly RateStep[],
  factorAt: (t: Ms) => number,
  start: Ms,
  end: Ms,
): [first: number, last: number] {
  const base = steps.findLast(({ atMs }) => atMs <= start + SAME_MS)?.rate ?? 0
  // evaluated inside the piece, as steps and abrupt surges jump at its edges
  const middle = base * factorAt(start + (end - start) / 2)
  const quarter = base * factorAt(start + (end - start) / 4)
  const first = 2 * quarter - middle
  return [first, 2 * middle - first]
}

/** Chords per period: none is more than 0.03 % of the amplitude from the cosine. */
const CHORDS = 128

/** Times until `endMs` at which the chords of a wave meet. */
function waveKnots({ periodMs, peakAtMs }: Wave, endMs: Ms): Ms[] {
  const step = periodMs / CHORDS
  const first = Math.ceil(-peakAtMs / step)
  const count = Math.max(0, Math.ceil((endMs - peakAtMs) / step) - first + 1)
  return Array.from({ length: count }, (_, i) => peakAtMs + (first + i) * step)
}

/** The factor on the rate at a time. */
export function waveFactor({ periodMs, amplitude, peakAtMs }: Wave, t: Ms): number {
  const chord = ((t - peakAtMs) * CHORDS) / periodMs
  const from = Math.floor(chord)
  const cosine = (i: number) => cos((2 * Math.PI * i) / CHORDS)
  return 1 + amplitude * (cosine(from) + (chord - from) * (cosine(from + 1) - cosine(from)))
}

/** How the season joins the level; `none` leaves level and trend (Holt). */
export type Seasonality = 'multiplicative' | 'additive' | 'none'

export interface SeasonShape {
  readonly seasonality: Seasonality
  /** steps in a period, such as 1440 minutes in a day */
  readonly periodSteps: number
  /** indices in a period; between two of them the season is linear */
  readonly bins: number
}

/** Weights of the last error, and of the season, each from 0 to 1. */
export interface Smoothing {
  readonly level: number
  readonly trend: number
  readonly season: number
  /** the share of the season that forecasts follow: 0 leaves level and trend */
  readonly follow: number
}

/** The trend fades by this factor a step (Gardner and McKenzie 1985). */
const DAMPING = 0.9
/** Seasonal factors beyond these come from outages, not from a season. */
const [LEAST_FACTOR, MOST_FACTOR] = [0.02, 50]

/**
 * Triple exponential smoothing (Holt 1957, Winters 1960) in the error-correction form of Hyndman,
 * Koehler, Ord and Snyder (2008, chapter 2), with a damped trend. Updates of seasonal factors are
 * bounded, so that an outage does not spoil them.
 */
export class HoltWinters {
  readonly #shape: SeasonShape
  readonly #smoothing: Smoothing
  readonly #season: Float64Array
  #level: number
  #trend = 0
  /** steps seen, which is the place in the period */
  #steps: number

  /**
   * `season` has one factor (or addend) a bin; `steps` says where in the period the next one is.
   */
  constructor(
    shape: SeasonShape,
    smoothing: Smoothing,
    start: { readonly level: number; readonly season: readonly number[]; readonly steps: number },
  ) {
    this.#shape = shape
    this.#smoothing = smoothing
    this.#level = start.level
    this.#season = Float64Array.from(start.season)
    this.#steps = start.steps
  }

  /** The value in so many steps, 1 for the next observation. */
  forecast(horizon: number): number {
    let growth = 0
    let damped = 1
    for (let step = 1; step <= horizon; step++) growth += damped *= DAMPING
    const season = this.#seasonAt(this.#steps + horizon - 1)
    return Math.max(0, this.#join(this.#level + growth * this.#trend, season))
  }

  observe(value: number): void {
    const { seasonality, periodSteps, bins } = this.#shape
    const { level, trend, season } = this.#smoothing
    const expected = this.#level + DAMPING * this.#trend
    const now = this.#seasonAt(this.#steps)
    const error = value - this.#join(expected, now)
    const ofLevel = seasonality === 'multiplicative' ? error / now : error
    this.#level = Math.max(0, expected + level * ofLevel)
    this.#trend = DAMPING * this.#trend + trend * level * ofLevel
    // a bin is corrected several times a period, so each time by its share
    const weight = (season * bins) / periodSteps
    if (seasonality === 'multiplicative') {
      const joined = this.#join(expected, now)
      const bounded = joined > 0 ? Math.max(-1, Math.min(1, error / joined)) : 0
      this.#correct(weight * now * bounded)
      this.#clamp()
    } else if (seasonality === 'additive') this.#correct(weight * error)
    this.#steps++
  }

  #join(level: number, season: number): number {
    return this.#shape.seasonality === 'multiplicative' ? level * season : level + season
  }

  #place(step: number): { bin: number; next: number; share: number } {
    const { periodSteps, bins } = this.#shape
    const place = ((step % periodSteps) / periodSteps) * bins
    const bin = Math.floor(place)
    return { bin, next: (bin + 1) % bins, share: place - bin }
  }

  #seasonAt(step: number): number {
    if (this.#shape.seasonality === 'none') return 0
    const { bin, next, share } = this.#place(step)
    const season = (1 - share) * this.#season[bin]! + share * this.#season[next]!
    const flat = this.#shape.seasonality === 'multiplicative' ? 1 : 0
    return flat + this.#smoothing.follow * (season - flat)
  }

  #correct(by: number): void {
    const { bin, next, share } = this.#place(this.#steps)
    this.#season[bin]! += (1 - share) * by
    this.#season[next]! += share * by
  }

  #clamp(): void {
    const { bin, next } = this.#place(this.#steps)
    for (const i of [bin, next]) {
      this.#season[i] = Math.min(MOST_FACTOR, Math.max(LEAST_FACTOR, this.#season[i]!))
    }
  }
}

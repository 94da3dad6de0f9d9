import { type FittedModel, fitSmoothing, USUAL } from './fit-smoothing.ts'
import { ForecastScores } from './forecast-scores.ts'
import type { SeasonShape } from './holt-winters.ts'

export interface OnlineForecastOptions extends SeasonShape {
  /** the horizon at which forecasts are scored and smoothing is fitted, in steps */
  readonly horizon: number
  /** steps from one refit to the next */
  readonly refitSteps: number
  /** periods that a refit looks back */
  readonly historyPeriods: number
}

/**
 * A forecast that learns while values arrive: Holt-Winters with smoothing and season refitted to the
 * last periods. It scores itself against the last value (naive) and the value of a period ago
 * (seasonal naive), at its horizon. Before the first period is over it has no season, and its
 * forecasts are not scored.
 */
export class OnlineForecast {
  readonly scores: ForecastScores
  readonly #options: OnlineForecastOptions
  readonly #history: number[] = []
  #fitted: FittedModel | null = null
  #steps = 0
  #nextFit: number
  readonly #pending: (number | null)[] = []

  constructor(options: OnlineForecastOptions) {
    this.#options = options
    this.#nextFit = options.seasonality === 'none' ? options.refitSteps : options.periodSteps
    this.scores = new ForecastScores(options.periodSteps)
  }

  /** Steps until the first forecast; 0 once there is one. */
  get stepsToFirst(): number {
    return this.#fitted === null ? this.#nextFit - this.#steps : 0
  }

  /** Takes the next value; NaN where it was not delivered, which is filled by the forecast. */
  observe(value: number): void {
    const delivered = !Number.isNaN(value)
    const taken = delivered ? value : this.#filled()
    const { horizon, periodSteps, refitSteps } = this.#options
    const history = this.#history
    const forecast = this.#pending[this.#steps % horizon]
    if (delivered && forecast !== null && forecast !== undefined) {
      this.scores.add(value, {
        own: forecast,
        naive: history.at(-horizon)!,
        seasonal: history.at(-periodSteps) ?? Number.NaN,
      })
    }
    history.push(taken)
    this.#fitted?.model.observe(taken)
    this.#steps++
    if (this.#steps >= this.#nextFit) {
      this.#nextFit = this.#steps + refitSteps
      this.#refit()
    }
    // this slot is read when the value at the horizon arrives
    this.#pending[(this.#steps + horizon - 1) % horizon] =
      this.#fitted?.model.forecast(horizon) ?? null
  }

  /** The value in so many steps; NaN before the first period is over. */
  forecast(horizon: number): number {
    return this.#fitted?.model.forecast(horizon) ?? Number.NaN
  }

  #filled(): number {
    return this.#fitted?.model.forecast(1) ?? this.#history.at(-1) ?? 0
  }

  #refit(): void {
    const { periodSteps, historyPeriods, horizon } = this.#options
    const history = this.#history
    const kept = periodSteps * historyPeriods
    if (history.length > kept) history.splice(0, history.length - kept)
    const firstStep = (this.#steps - history.length) % periodSteps
    const from = this.#fitted?.smoothing ?? USUAL
    this.#fitted = fitSmoothing(history, this.#options, { horizon, firstStep, from })
  }
}

import { type FittedModel, fitSmoothing, USUAL } from './fit-smoothing.ts'
import { FlatForecast } from './flat-forecast.ts'
import { ForecastErrors } from './forecast-errors.ts'
import type { SeasonShape } from './holt-winters.ts'
import { Skill } from './skill.ts'

export interface OnlineForecastOptions extends SeasonShape {
  /** the horizon at which forecasts are scored and smoothing is fitted, in steps */
  readonly horizon: number
  /** steps from one refit to the next */
  readonly refitSteps: number
  /** periods that a refit looks back */
  readonly historyPeriods: number
}

/** What was expected of one value, at the horizon before it. */
export interface ExpectedValue {
  /** by Holt-Winters; NaN before its first fit */
  readonly fitted: number
  /** without a change */
  readonly flat: number
}

/** Errors of at most so many periods are kept. */
const KEPT_PERIODS = 2

/**
 * A forecast that learns while values arrive: Holt-Winters, with smoothing and season refitted to
 * the last periods. It scores itself at its horizon against the best forecast without a change.
 * Before the first period is over it has no season and makes no forecast.
 */
export class OnlineForecast {
  readonly errors: { readonly fitted: ForecastErrors; readonly flat: ForecastErrors }
  readonly skill: Skill
  readonly #options: OnlineForecastOptions
  readonly #history: number[] = []
  readonly #flat: FlatForecast
  readonly #pending: ExpectedValue[] = []
  #fitted: FittedModel | null = null
  #steps = 0
  #nextFit: number

  constructor(options: OnlineForecastOptions) {
    const { seasonality, refitSteps, periodSteps, horizon } = options
    const keptSteps = KEPT_PERIODS * periodSteps
    this.#options = options
    this.#nextFit = seasonality === 'none' ? refitSteps : periodSteps
    this.#flat = new FlatForecast(horizon, periodSteps)
    this.errors = { fitted: new ForecastErrors(keptSteps), flat: new ForecastErrors(keptSteps) }
    this.skill = new Skill(keptSteps, horizon)
  }

  /** Steps until the first forecast; 0 once there is one. */
  get stepsToFirst(): number {
    return this.#fitted === null ? this.#nextFit - this.#steps : 0
  }

  /** What was expected of the next value; null before the horizon is over. */
  get expected(): ExpectedValue | null {
    return this.#pending[this.#steps % this.#options.horizon] ?? null
  }

  /** Takes the next value; NaN where it was not delivered, which is filled by the forecast. */
  observe(value: number): void {
    const { horizon, refitSteps } = this.#options
    const { expected } = this
    if (expected !== null && !Number.isNaN(value)) this.#score(value, expected)
    const sample = Number.isNaN(value) ? this.#filled() : value
    this.#history.push(sample)
    this.#fitted?.model.observe(sample)
    this.#flat.observe(sample)
    this.#steps++
    if (this.#steps >= this.#nextFit) {
      this.#nextFit = this.#steps + refitSteps
      this.#refit()
    }
    // this slot is read when the value at the horizon arrives
    const slot = (this.#steps + horizon - 1) % horizon
    this.#pending[slot] = { fitted: this.forecast(horizon), flat: this.#flat.level }
  }

  /** The value in so many steps; NaN before the first period is over. */
  forecast(horizon: number): number {
    return this.#fitted?.model.forecast(horizon) ?? Number.NaN
  }

  /** The forecast without a change: the best mean of the last values; NaN before the first. */
  get level(): number {
    return this.#flat.level
  }

  #score(value: number, { fitted, flat }: ExpectedValue): void {
    this.errors.flat.add(value, flat)
    if (Number.isNaN(fitted)) return
    this.errors.fitted.add(value, fitted)
    this.skill.add(Math.abs(value - flat) - Math.abs(value - fitted))
  }

  #filled(): number {
    return this.#fitted?.model.forecast(1) ?? this.#history.at(-1) ?? 0
  }

  #refit(): void {
    const { periodSteps, historyPeriods, horizon } = this.#options
    const history = this.#history
    const keptSteps = periodSteps * historyPeriods
    if (history.length > keptSteps) history.splice(0, history.length - keptSteps)
    const firstStep = (this.#steps - history.length) % periodSteps
    const from = this.#fitted?.smoothing ?? USUAL
    this.#fitted = fitSmoothing(history, this.#options, { horizon, firstStep, from })
  }
}

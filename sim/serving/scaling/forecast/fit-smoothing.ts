import { patternSearch } from '../../../accelerator/pattern-search.ts'
import { HoltWinters, type SeasonShape, type Smoothing } from './holt-winters.ts'

/** The usual start values (Hyndman et al. 2008, section 2.6). */
export const USUAL: Smoothing = { level: 0.5, trend: 0.1, season: 0.1, follow: 0.5 }

const LEAST = 0.001

const times =
  (key: keyof Smoothing) =>
  (smoothing: Smoothing, factor: number): Smoothing => ({
    ...smoothing,
    [key]: Math.min(1, Math.max(LEAST, smoothing[key] * factor)),
  })

/** A model that has seen a history, with the smoothing it used. */
export interface FittedModel {
  readonly model: HoltWinters
  readonly smoothing: Smoothing
  /** mean absolute error of forecasts at the horizon */
  readonly error: number
}

/**
 * Refits the smoothing to a history: the mean absolute error of the forecasts at the horizon that
 * matters is the least. `firstStep` is the place of the history in the period. Deterministic.
 */
export function fitSmoothing(
  history: readonly number[],
  shape: SeasonShape,
  options: { readonly horizon: number; readonly firstStep: number; readonly from: Smoothing },
): FittedModel {
  const { horizon, firstStep, from } = options
  const first = Math.min(history.length, shape.periodSteps)
  const season = seasonOf(history.slice(0, first), shape, firstStep)
  const level = mean(history.slice(0, Math.max(1, Math.ceil(shape.periodSteps / 24))))
  const seasonal = shape.seasonality !== 'none'
  const scoredFrom = (seasonal ? first : 0) + horizon
  const begin = startLevel(level, season, shape, firstStep)
  const replay = (smoothing: Smoothing): FittedModel => {
    const model = new HoltWinters(shape, smoothing, { level: begin, season, steps: firstStep })
    const pending = new Float64Array(horizon)
    let error = 0
    for (const [i, value] of history.entries()) {
      if (i >= scoredFrom) error += Math.abs(value - pending[i % horizon]!)
      model.observe(value)
      pending[i % horizon] = model.forecast(horizon)
    }
    return { model, smoothing, error: error / Math.max(1, history.length - scoredFrom) }
  }
  const starts = [from, USUAL].map((start) =>
    patternSearch(start, (smoothing) => replay(smoothing).error, {
      moves: [times('level'), times('trend'), times('season'), times('follow')],
      factors: [4, 2, 1.3],
      tolerance: 0.001,
    }),
  )
  const [a, b] = [starts[0]!, starts[1]!]
  return replay(a.misfit <= b.misfit ? a.best : b.best)
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** Seasonal indices from the whole history: the mean of each bin against the mean of all. */
function seasonOf(history: readonly number[], shape: SeasonShape, firstStep: number): number[] {
  const { seasonality, periodSteps, bins } = shape
  const flat = seasonality === 'multiplicative' ? 1 : 0
  const overallMean = mean(history)
  if (seasonality === 'none' || history.length < periodSteps || overallMean <= 0) {
    return Array.from({ length: bins }, () => flat)
  }
  const sums = new Float64Array(bins)
  const counts = new Float64Array(bins)
  for (const [i, value] of history.entries()) {
    const place = (((firstStep + i) % periodSteps) / periodSteps) * bins
    const bin = Math.round(place) % bins
    sums[bin]! += value
    counts[bin]!++
  }
  return Array.from(sums, (sum, bin) => {
    const binMean = counts[bin]! > 0 ? sum / counts[bin]! : overallMean
    return seasonality === 'multiplicative'
      ? Math.max(0.05, binMean / overallMean)
      : binMean - overallMean
  })
}

function startLevel(
  value: number,
  season: readonly number[],
  { seasonality, periodSteps, bins }: SeasonShape,
  firstStep: number,
): number {
  const seasonal = season[Math.round(((firstStep % periodSteps) / periodSteps) * bins) % bins] ?? 0
  if (seasonality === 'multiplicative') return value / seasonal
  return seasonality === 'additive' ? Math.max(0, value - seasonal) : value
}

import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { stream } from '../sim/kernel/index.ts'
import {
  OnlineForecast,
  type OnlineForecastOptions,
} from '../sim/serving/scaling/forecast/online-forecast.ts'

const SHARED = new URL('../../shared/data/', import.meta.url)
export const PRESENT = existsSync(new URL('servegen_rate_language_m-small.csv.gz', SHARED))
export const SKIPPED = PRESENT ? '' : ' (skipped: ../shared/data is not here)'

const linesOf = (file: string) =>
  gunzipSync(readFileSync(new URL(file, SHARED)))
    .toString()
    .trim()
    .split('\n')
    .slice(1)

/** Rates of alibaba/ServeGen, one for each 10 minutes of 14 days, in requests/s. */
export const servegen = (model: string): number[] =>
  linesOf(`servegen_rate_language_${model}.csv.gz`).map((line) => Number(line.split(',')[1]))

/** Requests/s of an Azure trace in steps. */
export function azure(kind: 'code' | 'conv', stepS: number): number[] {
  const times = linesOf(`azure_llm_2023_${kind}.csv.gz`).map(
    (line) => Date.parse(`${line.slice(0, 10)}T${line.slice(11, 23)}Z`) / 1000,
  )
  const steps = Math.floor((times.at(-1)! - times[0]!) / stepS)
  const rates = Array.from({ length: steps }, () => 0)
  for (const time of times) {
    const step = Math.floor((time - times[0]!) / stepS)
    if (step < steps) rates[step]! += 1 / stepS
  }
  return rates
}

/** Steps between the values of a series, along lines. */
export const finer = (series: readonly number[], steps: number): number[] =>
  series.flatMap((value, i) =>
    Array.from(
      { length: steps },
      (_, k) => value + (((series[i + 1] ?? value) - value) * k) / steps,
    ),
  )

/** Uniform draws from -1 to 1 of a seed. */
export function noise(seed: number): () => number {
  const random = stream(seed, 0, 'noise')
  return () => 2 * random.uniform() - 1
}

/** Mean absolute errors over the whole series, and the share of forecasts that were skilled. */
export function scored(series: readonly number[], options: OnlineForecastOptions) {
  const forecast = new OnlineForecast(options)
  const sums = { fitted: 0, flat: 0, naive: 0, seasonal: 0 }
  let [count, skilled] = [0, 0]
  for (const [i, value] of series.entries()) {
    const expected = forecast.expected
    const { horizon, periodSteps } = options
    if (expected !== null && !Number.isNaN(expected.fitted) && i >= periodSteps) {
      sums.fitted += Math.abs(value - expected.fitted)
      sums.flat += Math.abs(value - expected.flat)
      sums.naive += Math.abs(value - series[i - horizon]!)
      sums.seasonal += Math.abs(value - series[i - periodSteps]!)
      if (forecast.skill.better) skilled++
      count++
    }
    forecast.observe(value)
  }
  return {
    fitted: sums.fitted / count,
    flat: sums.flat / count,
    naive: sums.naive / count,
    seasonal: sums.seasonal / count,
    count,
    skilledShare: skilled / count,
  }
}

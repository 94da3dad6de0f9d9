import { describe, expect, test } from 'vitest'
import {
  azure,
  finer,
  noise,
  PRESENT,
  SKIPPED,
  scored,
  servegen,
} from '../../../../test/recorded-series.ts'
import { fitSmoothing, USUAL } from './fit-smoothing.ts'
import { FlatForecast } from './flat-forecast.ts'
import { ForecastErrors } from './forecast-errors.ts'
import { HoltWinters } from './holt-winters.ts'
import { OnlineForecast } from './online-forecast.ts'

const DAY = { periodSteps: 48, bins: 48 }
const wave = (step: number) => 100 * (1 + 0.6 * Math.sin((2 * Math.PI * step) / 48))
const steps = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('Holt-Winters', () => {
  test('additive: one step by hand (Hyndman et al. 2008, section 2.5)', () => {
    const shape = { seasonality: 'additive', periodSteps: 4, bins: 4 } as const
    const smoothing = { level: 0.5, trend: 0.1, season: 0.1, follow: 1 }
    const model = new HoltWinters(shape, smoothing, { level: 10, season: [1, -1, 2, -2], steps: 0 })
    expect(model.forecast(1)).toBe(11)
    model.observe(12)
    // error 1: level 10.5, trend 0.05, season 1.1
    expect(model.forecast(1)).toBeCloseTo(10.5 + 0.9 * 0.05 - 1, 12)
    expect(model.forecast(2)).toBeCloseTo(10.5 + (0.9 + 0.81) * 0.05 + 2, 12)
    expect(model.forecast(4)).toBeCloseTo(10.5 + (0.9 + 0.81 + 0.729 + 0.6561) * 0.05 + 1.1, 12)
  })

  test('multiplicative: one step by hand', () => {
    const shape = { seasonality: 'multiplicative', periodSteps: 4, bins: 4 } as const
    const smoothing = { level: 0.5, trend: 0.1, season: 0.1, follow: 1 }
    const model = new HoltWinters(shape, smoothing, { level: 10, season: [2, 1, 1, 1], steps: 0 })
    model.observe(24)
    // error 4: level 10 + 0.5 * 4 / 2, trend 0.1, season 2 + 0.1 * 2 * 4 / 20
    expect(model.forecast(1)).toBeCloseTo(11 + 0.9 * 0.1, 12)
    expect(model.forecast(4)).toBeCloseTo((11 + 3.0951 * 0.1) * 2.04, 12)
  })

  test('between two indices the season is linear', () => {
    const shape = { seasonality: 'additive', periodSteps: 8, bins: 4 } as const
    const start = { level: 10, season: [0, 4, 0, -4], steps: 0 }
    const model = new HoltWinters(shape, { ...USUAL, follow: 1 }, start)
    const forecasts = steps(8).map((i) => model.forecast(i + 1))
    expect(forecasts).toEqual([10, 12, 14, 12, 10, 8, 6, 8])
  })

  test('an index that serves two steps is corrected by half at each of them', () => {
    const shape = { seasonality: 'additive', periodSteps: 4, bins: 2 } as const
    const smoothing = { level: 0, trend: 0, season: 0.4, follow: 1 }
    const model = new HoltWinters(shape, smoothing, { level: 10, season: [0, 0], steps: 0 })
    model.observe(11)
    expect(model.forecast(4)).toBeCloseTo(10.2, 12)
    // the next step lies between the two indices: each takes half of its share
    model.observe(10.1 + 1)
    expect([model.forecast(3), model.forecast(1)]).toEqual(
      [10.3, 10.1].map((v) => expect.closeTo(v, 12)),
    )
  })

  test('an outage of an hour does not spoil the season', () => {
    const forecast = new OnlineForecast({
      ...DAY,
      seasonality: 'multiplicative',
      horizon: 2,
      refitSteps: 12,
      historyPeriods: 4,
    })
    for (const i of steps(48 * 4)) forecast.observe(i === 100 || i === 101 ? 0 : wave(i))
    expect(Math.abs(forecast.forecast(2) / wave(48 * 4 + 1) - 1)).toBeLessThan(0.1)
  })
})

describe('a fit', () => {
  const shape = { ...DAY, seasonality: 'multiplicative' } as const

  test('is deterministic and no worse than the usual smoothing', () => {
    const draw = noise(3)
    const history = steps(200).map((i) => wave(i) * (1 + 0.1 * draw()))
    const options = { horizon: 2, firstStep: 0, from: USUAL }
    const once = fitSmoothing(history, shape, options)
    expect(fitSmoothing(history, shape, options).smoothing).toEqual(once.smoothing)
    const model = new HoltWinters(shape, USUAL, {
      level: 100,
      season: history.slice(0, 48).map((v) => v / 100),
      steps: 0,
    })
    let error = 0
    for (const [i, value] of history.entries()) {
      if (i >= 50) error += Math.abs(value - model.forecast(1)) / 150
      model.observe(value)
    }
    expect(once.error).toBeLessThan(1.3 * error)
  })

  test('follows a season that is there and leaves one that is not', () => {
    const draw = noise(5)
    const seasonal = steps(240).map((i) => wave(i) * (1 + 0.05 * draw()))
    let level = 100
    const walk = steps(240).map(() => (level = Math.max(20, level + 8 * draw())))
    const followOf = (history: number[]) =>
      fitSmoothing(history, shape, { horizon: 3, firstStep: 0, from: USUAL }).smoothing.follow
    expect(followOf(seasonal)).toBeGreaterThan(0.8)
    expect(followOf(walk)).toBeLessThan(0.3)
  })
})

test('errors are those of the last forecasts: mean, and headroom in order', () => {
  const errors = new ForecastErrors(3)
  for (const value of [150, 110, 90, 130]) errors.add(value, 100)
  // 150 is forgotten
  expect([errors.count, errors.mean]).toEqual([3, 50 / 3])
  expect([0.1, 0.5, 1].map((quantile) => errors.headroom(quantile))).toEqual(
    [0, 0.1, 0.3].map((share) => expect.closeTo(share, 12)),
  )
  errors.add(50, 100)
  expect(errors.headroom(0.5)).toBe(0)
  expect(errors.headroom(1)).toBeCloseTo(0.3, 12)
})

test('the flat forecast finds the window: the last value of a walk, a mean of noise', () => {
  const draw = noise(9)
  const [walk, still] = [new FlatForecast(1, 100), new FlatForecast(1, 100)]
  let level = 50
  let last = 0
  for (let i = 0; i < 500; i++) {
    level += draw()
    walk.observe(level)
    still.observe((last = 50 + 10 * draw()))
  }
  expect(walk.level).toBeCloseTo(level, 0)
  expect(Math.abs(still.level - 50)).toBeLessThan(3)
  expect(Math.abs(last - 50)).toBeGreaterThan(3)
})

describe('an online forecast', () => {
  const options = {
    ...DAY,
    seasonality: 'multiplicative',
    horizon: 3,
    refitSteps: 12,
    historyPeriods: 5,
  } as const

  test('recovers a season: its error is that of the noise', () => {
    const draw = noise(1)
    const series = steps(48 * 10).map((i) => wave(i) * (1 + 0.1 * draw()))
    const { fitted, naive, seasonal, skilledShare } = scored(series, options)
    // the noise is uniform over +-10 % of a mean of 100: its mean absolute value is 5
    expect(fitted).toBeLessThan(7)
    expect(fitted).toBeLessThan(0.4 * naive)
    expect(fitted).toBeLessThan(seasonal)
    expect(skilledShare).toBeGreaterThan(0.8)
  })

  test('has no skill on a random walk, and does not claim it', () => {
    const draw = noise(2)
    let level = 200
    const series = steps(48 * 10).map(() => (level = Math.max(50, level + 10 * draw())))
    const { fitted, naive, skilledShare } = scored(series, options)
    expect(fitted).toBeGreaterThan(0.97 * naive)
    expect(skilledShare).toBeLessThan(0.1)
  })

  test('values that are not delivered do not shift the season', () => {
    const forecast = new OnlineForecast(options)
    for (const i of steps(48 * 6)) forecast.observe(i % 7 === 3 ? Number.NaN : wave(i))
    expect(Math.abs(forecast.forecast(3) / wave(48 * 6 + 2) - 1)).toBeLessThan(0.08)
  })

  test('before the first period is over there is none', () => {
    const forecast = new OnlineForecast(options)
    for (const i of steps(47)) forecast.observe(wave(i))
    expect([forecast.stepsToFirst, forecast.forecast(1)]).toEqual([1, Number.NaN])
    forecast.observe(wave(47))
    expect(forecast.stepsToFirst).toBe(0)
    expect(Math.abs(forecast.forecast(1) - 100)).toBeLessThan(10)
  })
})

describe.skipIf(!PRESENT)(`recorded rates${SKIPPED}`, () => {
  const tenMinutes = {
    periodSteps: 144,
    bins: 48,
    refitSteps: 36,
    historyPeriods: 7,
    seasonality: 'multiplicative',
  } as const

  // mean absolute errors relative to those of naive and flat forecasts. A season helps m-small from
  // half an hour on, and neither m-large nor m-mid; forecasts there claim no skill.
  test.each`
    model        | minutes | naive    | flat     | skilled
    ${'m-small'} | ${10}   | ${0.995} | ${0.992} | ${'seldom'}
    ${'m-small'} | ${30}   | ${0.924} | ${0.93}  | ${'often'}
    ${'m-small'} | ${60}   | ${0.897} | ${0.873} | ${'often'}
    ${'m-large'} | ${30}   | ${1.03}  | ${1.061} | ${'seldom'}
    ${'m-mid'}   | ${30}   | ${1.037} | ${1.049} | ${'seldom'}
  `('ServeGen $model at $minutes minutes: $naive of naive, $flat of flat errors', (row) => {
    const { model, minutes, naive, flat, skilled } = row
    const errors = scored(servegen(model), { ...tenMinutes, horizon: minutes / 10 })
    expect(errors.fitted / errors.naive).toBeCloseTo(naive, 2)
    expect(errors.fitted / errors.flat).toBeCloseTo(flat, 2)
    expect(errors.fitted).toBeLessThan(0.85 * errors.seasonal)
    if (skilled === 'often') expect(errors.skilledShare).toBeGreaterThan(0.5)
    else expect(errors.skilledShare).toBeLessThan(0.4)
  })

  test('at 5 minutes forecasts win where rates change along lines, and lose where they jump', () => {
    // the data has one rate for 10 minutes; what lies between is not in it
    const options = { ...tenMinutes, periodSteps: 288, refitSteps: 72, horizon: 1 }
    const lines = scored(finer(servegen('m-small'), 2), options)
    expect(lines.fitted / lines.naive).toBeLessThan(0.8)
    expect(lines.fitted / lines.seasonal).toBeLessThan(0.2)
    expect(lines.skilledShare).toBeGreaterThan(0.9)
    const jumps = scored(
      servegen('m-small').flatMap((rate) => [rate, rate]),
      options,
    )
    expect(jumps.fitted / jumps.naive).toBeGreaterThan(0.98)
    expect(jumps.skilledShare).toBeLessThan(0.05)
  })

  test('on bursts of Azure code no forecast beats the recent mean', () => {
    const options = {
      seasonality: 'none',
      periodSteps: 10,
      bins: 1,
      refitSteps: 10,
      historyPeriods: 3,
    } as const
    for (const horizon of [2, 3, 6]) {
      const errors = scored(azure('code', 60), { ...options, horizon })
      expect(errors.fitted / errors.flat).toBeGreaterThan(0.97)
      expect(errors.skilledShare).toBeLessThan(0.15)
    }
  })
})

import { describe, expect, test } from 'vitest'
import {
  curveOf,
  errorOf,
  HEADLINES,
  haveServerRows,
  headlineRows,
  MODELS,
  MODELS_NEEDED,
  modelOf,
  serverRows,
  settingsOf,
  tailAt,
  within,
} from './mlperf.ts'

describe.skipIf(!haveServerRows())('the MLPerf rows, where ../shared has them', () => {
  const rows = haveServerRows() ? serverRows() : []
  const headlines = headlineRows(rows)

  test('leave out reduced power and MIG, and have every model of the headline systems', () => {
    expect(rows).toHaveLength(32)
    expect(rows.filter(({ system }) => /MIG|MaxQ/.test(system))).toEqual([])
    expect(headlines.map(({ model }) => model)).toEqual([...MODELS, ...MODELS])
  })

  test('a batch of the offline size runs at the offline rate of a card', () => {
    for (const row of rows) {
      const { baseMs, perItemMs } = curveOf(row, true)
      const { offlineBatch } = settingsOf(row)
      const rate = (1000 * offlineBatch) / (baseMs + offlineBatch * perItemMs)
      expect((rate * row.cards) / row.offlineRps).toBeCloseTo(1, 9)
      expect(baseMs).toBeGreaterThan(0)
    }
  })

  test.each(HEADLINES)('%s: three of four models are within the bar', (system) => {
    const errors = headlines
      .filter((row) => row.system === system)
      .map((row) => ({ error: errorOf(row, 'single') }))
    expect(within(errors)).toBeGreaterThanOrEqual(MODELS_NEEDED)
  })

  test.each(HEADLINES)('%s, negative control: cards that are 20 % faster fail', (system) => {
    const errors = headlines
      .filter((row) => row.system === system)
      .map((row) => ({ error: errorOf(row, 'single', 1 / 1.2) }))
    expect(within(errors)).toBeLessThan(MODELS_NEEDED)
  })

  test('p99 rises with the rate, and is beyond the limit at the capacity', () => {
    const row = headlines.find(({ model }) => model === 'ssd-resnet34')!
    const model = modelOf(row, 'single')
    const [low, middle, high] = [0.7, 0.9, 0.999].map(
      (load) =>
        tailAt(model, (load * 8000) / (model.curve.baseMs + 8 * model.curve.perItemMs)).p99Ms,
    )
    expect(middle).toBeGreaterThan(low!)
    expect(high).toBeGreaterThan(row.boundMs)
  })
})

import { describe, expect, test } from 'vitest'
import { Empirical, Random } from '../../kernel/index.ts'
import { NO_OVERHEADS, Overheads } from './overheads.ts'

const N = 50_000

function draws(draw: (random: Random) => number): Float64Array {
  const random = new Random('overheads')
  return Float64Array.from({ length: N }, () => draw(random)).sort()
}

describe('an empirical distribution', () => {
  test('keeps a short sample whole, sorted', () => {
    expect(Empirical.table([3, 1, 2])).toEqual([1, 2, 3])
    expect(Empirical.table([])).toEqual([])
  })

  test('thins a long sample to evenly spaced quantiles, including both ends', () => {
    const sample = Array.from({ length: 10_001 }, (_, i) => 10_000 - i)
    const table = Empirical.table(sample, 11)
    expect(table).toEqual(Array.from({ length: 11 }, (_, i) => 1000 * i))
    expect(Empirical.table(sample)).toHaveLength(512)
  })

  test('draws stay within the sample and have its quantiles, |z| <= 4', () => {
    const sorted = draws((random) => new Empirical([0, 0, 1, 5, 100]).draw(random))
    expect(sorted[0]).toBeGreaterThanOrEqual(0)
    expect(sorted.at(-1)).toBeLessThanOrEqual(100)
    for (const [value, p] of [
      [1, 0.5],
      [5, 0.75],
      [52.5, 0.875],
    ] as const) {
      const share = sorted.filter((x) => x <= value).length / N
      expect(Math.abs(share - p) / Math.sqrt((p * (1 - p)) / N)).toBeLessThanOrEqual(4)
    }
  })

  test('its mean is the mean of its draws, |z| <= 4', () => {
    for (const table of [[7], [0, 10], [0, 0, 10], [1, 2, 3, 50]]) {
      const empirical = new Empirical(table)
      const values = draws((random) => empirical.draw(random))
      const mean = values.reduce((sum, x) => sum + x, 0) / N
      const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / N)
      const error = deviation / Math.sqrt(N)
      expect(Math.abs(mean - empirical.mean)).toBeLessThanOrEqual(4 * error + 1e-12)
    }
  })

  test('needs at least one value', () => {
    expect(() => new Empirical([])).toThrow('quantiles')
  })
})

describe('overheads', () => {
  const overheads = new Overheads({
    lag: [1],
    timer: [2],
    completion: [
      { atMs: 0.1, table: [3] },
      { atMs: 0.4, table: [4] },
    ],
    dispatch: [
      { atMs: 0, table: [10] },
      { atMs: 0.1, table: [20] },
      { atMs: 10, table: [30] },
    ],
  })
  const random = new Random('gaps')

  test('dispatch costs as measured after the nearest gap in logarithm', () => {
    // tables at 0.1 and 10 ms meet at 1 ms; a gap of 0 counts as a microsecond
    const gaps = [0, 0.009, 0.011, 0.99, 1.01, 500, Number.POSITIVE_INFINITY]
    const costs = gaps.map((gap) => overheads.dispatch(random, 0, gap))
    expect(costs).toEqual([10, 10, 20, 20, 30, 30, 30])
  })

  test('completion costs more where the dispatcher sleeps because nothing is due soon', () => {
    const dues = [-1, 0, 0.19, 0.21, Number.POSITIVE_INFINITY]
    expect(dues.map((due) => overheads.completion(random, 0, due))).toEqual([3, 3, 3, 4, 4])
  })

  test('send delays and timers have samples of their own', () => {
    expect([overheads.sendDelay(random), overheads.timer(random)]).toEqual([1, 2])
  })

  test('without tables cost nothing', () => {
    const none = new Overheads(NO_OVERHEADS)
    expect([0, 5, Number.POSITIVE_INFINITY].map((gap) => none.dispatch(random, 0, gap))).toEqual([
      0, 0, 0,
    ])
  })
})

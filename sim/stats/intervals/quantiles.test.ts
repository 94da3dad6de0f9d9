import { describe, expect, test } from 'vitest'
import { betaCdf, betaQuantile } from './beta.ts'
import { normalDistribution, normalQuantile } from './normal.ts'
import { studentTCdf, studentTQuantile } from './student-t.ts'

// Reference values: SciPy 1.17.1 (stats.t.ppf, stats.norm.ppf, special.betainc); the percentage
// points of t at 95 and 99 % agree with the printed tables.

describe('studentTQuantile', () => {
  test.each([
    [1, 0.975, 12.706204736174694],
    [2, 0.975, 4.302652729749462],
    [4, 0.95, 2.1318467863266495],
    [9, 0.975, 2.262157162798205],
    [9, 0.995, 3.249835541592126],
    [19, 0.975, 2.0930240544083087],
    [29, 0.9, 1.311433647301551],
    [100, 0.975, 1.9839715185235518],
    [1000, 0.9995, 3.300282648423944],
    [3, 0.5000001, 2.720699044672105e-7],
    [5, 0.6, 0.2671808657041451],
    [40, 0.025, -2.0210753903062733],
  ])('t of %i degrees at %f is %f', (df, p, t) => {
    expect(Math.abs(studentTQuantile(p, df) - t)).toBeLessThan(1e-8)
  })

  test('is the quantile of the Cauchy distribution at 1 degree of freedom', () => {
    for (const p of [0.01, 0.3, 0.5, 0.74, 0.76, 0.999]) {
      expect(studentTQuantile(p, 1)).toBeCloseTo(Math.tan(Math.PI * (p - 0.5)), 8)
    }
  })

  test('approaches the normal with many degrees of freedom', () => {
    expect(studentTQuantile(0.975, 1e7)).toBeCloseTo(normalQuantile(0.975), 6)
  })

  test('rejects other values than a probability and a degree of freedom', () => {
    expect(() => studentTQuantile(1, 5)).toThrow('between 0 and 1')
    expect(() => studentTQuantile(0.5, 0)).toThrow('at least 1')
  })
})

describe('normalQuantile', () => {
  test.each([
    [1e-10, -6.361340902404056],
    [0.001, -3.090232306167813],
    [0.025, -1.9599639845400545],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.7, 0.5244005127080407],
    [0.99, 2.3263478740408408],
    [1e-40, -13.31092137142517],
  ])('at %f it is %f', (p, z) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-13 * Math.max(1, Math.abs(z)))
  })
})

describe('betaCdf', () => {
  test.each([
    [0.3, 2, 3, 0.3483],
    [0.5, 4.5, 0.5, 0.014956363910414222],
    [0.99, 500, 0.5, 0.0015273578790529906],
    [0.01, 0.5, 20, 0.4713699354850154],
    [0.9, 100, 10, 0.3403098493827792],
  ])('I_%f(%f, %f) is %f', (x, a, b, value) => {
    expect(Math.abs(betaCdf(x, a, b) / value - 1)).toBeLessThan(1e-11)
  })

  test('its quantile is its inverse', () => {
    for (const p of [1e-6, 0.025, 0.5, 0.975]) {
      expect(betaCdf(betaQuantile(p, 7, 1994), 7, 1994) / p).toBeCloseTo(1, 10)
      expect(betaCdf(betaQuantile(p, 0.5, 0.5), 0.5, 0.5) / p).toBeCloseTo(1, 10)
    }
  })
})

describe('normalDistribution', () => {
  test('is the inverse of the quantile', () => {
    for (const p of [1e-9, 0.001, 0.025, 0.3, 0.5, 0.7, 0.975, 0.9999, 1 - 1e-9]) {
      expect(Math.abs(normalDistribution(normalQuantile(p)) - p)).toBeLessThan(1e-14)
    }
  })

  test('is 0 and 1 far out', () => {
    expect([-40, 40].map(normalDistribution)).toEqual([0, 1])
    expect(normalDistribution(7.9)).toBeCloseTo(1, 14)
  })
})

test('studentTCdf is the inverse of the quantile', () => {
  for (const df of [1, 2, 5, 23]) {
    for (const p of [1e-6, 0.01, 0.3, 0.5, 0.9, 0.9995]) {
      expect(studentTCdf(studentTQuantile(p, df), df)).toBeCloseTo(p, 9)
    }
  }
  expect(studentTCdf(Number.POSITIVE_INFINITY, 3)).toBe(1)
  expect(studentTCdf(Number.NEGATIVE_INFINITY, 3)).toBe(0)
  expect(() => studentTCdf(Number.NaN, 3)).toThrow('NaN')
})

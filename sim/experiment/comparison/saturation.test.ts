import { describe, expect, test } from 'vitest'
import { elasticityOf, isVeryWide, saturated, saturationText } from './saturation.ts'

test('the elasticity to speed is that of the logarithms, the mean over replications', () => {
  // times that are inverse to the speed, and to its cube
  expect(elasticityOf([3, 5], [3 / 1.01, 5 / 1.01], 1.01)).toBeCloseTo(-1, 9)
  expect(elasticityOf([3, 5], [3 / 1.1, 5 / 1.1 ** 5], 1.1)).toBeCloseTo(-3, 9)
  // fewer replications of the faster machine are enough
  expect(elasticityOf([3, 5, 7], [3 / 1.01], 1.01)).toBeCloseTo(-1, 9)
  expect(elasticityOf([0], [1], 1.01)).toBe(Number.POSITIVE_INFINITY)
})

test('an interval is very wide where its ends differ by half, or are missing', () => {
  expect(isVeryWide({ low: 1, high: 1.49 })).toBe(false)
  expect(isVeryWide({ low: 1, high: 1.5 })).toBe(true)
  expect(isVeryWide({ low: null, high: 1 })).toBe(true)
  expect(isVeryWide({ low: 0, high: 1 })).toBe(true)
  expect(isVeryWide({ low: 0, high: 0 })).toBe(true)
})

describe('saturation', () => {
  test('is named with what 1 % of speed does, at the percentiles that hang on it', () => {
    const rows = [
      { p: 0.5, speed_elasticity: -13.7 },
      { p: 0.95 },
      { p: 0.99, speed_elasticity: -3.04 },
      { p: 0.999 },
    ]
    expect(saturationText(rows, 'the ratio')).toBe(
      'near saturation, where 1 % of speed moves the ratio by 14 % at p50, 3 % at p99',
    )
  })

  test('is none where nothing moves by much, or nothing is known', () => {
    expect(saturated(-3)).toEqual({ speed_elasticity: -3 })
    for (const elasticity of [2.9, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(saturated(elasticity)).toEqual({})
    }
    expect(saturationText([{ p: 0.95 }], 'the ratio')).toBeNull()
    expect(saturationText([], 'the ratio')).toBeNull()
  })
})

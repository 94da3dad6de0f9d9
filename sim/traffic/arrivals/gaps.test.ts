import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { gapsOf, type Spacing } from './gaps.ts'
import { weibullShape } from './weibull.ts'

const N = 200_000

function moments(spacing: Spacing) {
  const gap = gapsOf(spacing, new Random('gaps'))
  let sum = 0
  let squares = 0
  for (let i = 0; i < N; i++) {
    const x = gap()
    sum += x
    squares += x * x
  }
  const mean = sum / N
  return { mean, cv: Math.sqrt(squares / N - mean * mean) / mean }
}

describe('gaps have a mean of 1 and the requested coefficient of variation', () => {
  test.each([
    [{ process: 'deterministic' }, 0],
    [{ process: 'poisson' }, 1],
    [{ process: 'gamma', cv: 0.5 }, 0.5],
    [{ process: 'gamma', cv: 2 }, 2],
    [{ process: 'weibull', cv: 0.5 }, 0.5],
    [{ process: 'weibull', cv: 1 }, 1],
    [{ process: 'weibull', cv: 2 }, 2],
  ] as const)('%o', (spacing, cv) => {
    const found = moments(spacing)
    expect(Math.abs(found.mean - 1)).toBeLessThan((4 * cv) / Math.sqrt(N) + 1e-12)
    expect(Math.abs(found.cv - cv)).toBeLessThan(0.03 * cv + 1e-12)
  })
})

describe('the Weibull distribution for a coefficient of variation', () => {
  test('is exponential for 1', () => {
    expect(weibullShape(1).shape).toBeCloseTo(1, 9)
    expect(weibullShape(1).scale).toBeCloseTo(1, 9)
  })

  test('has shape 1/2 for the square root of 5', () => {
    // E X = 2, E X^2 = 24
    expect(weibullShape(Math.sqrt(5)).shape).toBeCloseTo(0.5, 6)
    expect(weibullShape(Math.sqrt(5)).scale).toBeCloseTo(0.5, 6)
  })

  test('exists for all values that the schema allows', () => {
    for (const cv of [0.05, 0.1, 10, 50]) {
      const { shape } = weibullShape(cv)
      expect([shape > 0.06, shape < 49]).toEqual([true, true])
    }
  })
})

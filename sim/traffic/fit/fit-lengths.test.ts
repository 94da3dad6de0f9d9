import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { lengthQuantile } from '../lengths/lengths.ts'
import { fitQuantiles } from './fit-lengths.ts'
import { fitLevels } from './fit-levels.ts'

const random = new Random('lengths')
const skewed = Float64Array.from({ length: 20_000 }, () =>
  Math.ceil(Math.exp(6 + 1.2 * random.normal())),
)
const at = (sorted: Float64Array, p: number) => sorted[Math.round(p * (sorted.length - 1))]!

describe('fitted quantiles', () => {
  const knots = fitQuantiles(skewed)
  const sorted = skewed.toSorted()

  test('rise from probability 0 to 1, and are few', () => {
    expect([knots[0]![0], knots.at(-1)![0]]).toEqual([0, 1])
    expect(knots.length).toBeLessThanOrEqual(41)
    for (const [i, [p, length]] of knots.slice(1).entries()) {
      expect(p).toBeGreaterThan(knots[i]![0])
      expect(length).toBeGreaterThanOrEqual(knots[i]![1])
    }
  })

  test('match the percentiles and the mean', () => {
    const quantile = lengthQuantile({ distribution: 'quantiles', quantiles: knots })
    for (const p of [0.1, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      expect(Math.abs(quantile(p) / at(sorted, p) - 1)).toBeLessThan(0.02)
    }
    const points = Array.from({ length: 10_000 }, (_, i) => quantile((i + 0.5) / 10_000))
    const mean = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
    expect(Math.abs(mean(points) / mean(skewed) - 1)).toBeLessThan(0.005)
  })

  test('exist for few, equal and short lengths', () => {
    expect(fitQuantiles([7])).toEqual([
      [0, 7],
      [1, 7],
    ])
    expect(fitQuantiles([7, 7, 7])).toEqual([
      [0, 7],
      [1, 7],
    ])
    expect(fitQuantiles([0, 5])).toEqual([
      [0, 1],
      [1, 5],
    ])
  })
})

describe('levels of steps', () => {
  const steps = Array.from(skewed, (_, i) => Math.floor((3 * i) / skewed.length))

  test('are absent where lengths do not depend on time, or with a single step', () => {
    expect(fitLevels(skewed, steps, 3).levels).toBeNull()
    expect(
      fitLevels(
        skewed,
        steps.map(() => 0),
        1,
      ).levels,
    ).toBeNull()
  })

  test('reproduce the mean of each step', () => {
    const shifted = skewed.map((length, i) => length * [0.7, 1, 1.6][steps[i]!]!)
    const { levels } = fitLevels(shifted, steps, 3)
    expect(levels![0]).toBeLessThan(levels![1]!)
    expect(levels![1]).toBeLessThan(levels![2]!)
    // exp(6 + 1.2 z): the factors 1.6 and 0.7 differ by a shift of log(1.6 / 0.7) / sd, sd about
    // 1.25
    expect(levels![2]! - levels![0]!).toBeGreaterThan(0.2)
  })
})

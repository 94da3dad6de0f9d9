import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { correlatedLengths } from './correlated-lengths.ts'
import { type DrawnLengths, lengthDistribution } from './lengths.ts'
import { rankCorrelation } from './rank-correlation.ts'

const N = 40_000
const INPUT: DrawnLengths = {
  distribution: 'lognormal',
  median: 1000,
  p99: 9000,
  min: 1,
  max: 1_000_000,
}
const OUTPUT: DrawnLengths = {
  distribution: 'quantiles',
  quantiles: [
    [0, 1],
    [0.5, 1001],
    [1, 90_001],
  ],
}

function draws(correlation: number): [input: Int32Array, output: Int32Array] {
  const { lengths, outputs } = correlatedLengths(
    { lengths: INPUT, steps: [], random: new Random('inputs') },
    { lengths: OUTPUT, steps: [], random: new Random('outputs') },
    correlation,
  )
  const columns: [Int32Array, Int32Array] = [new Int32Array(N), new Int32Array(N)]
  for (let i = 0; i < N; i++) {
    columns[0][i] = lengths.draw()
    columns[1][i] = outputs.draw()
  }
  return columns
}

describe('rank correlation', () => {
  test('computed by hand, with equal values sharing their ranks', () => {
    expect(rankCorrelation([1, 2, 3], [10, 20, 90])).toBeCloseTo(1, 12)
    expect(rankCorrelation([1, 2, 3], [9, 5, -4])).toBeCloseTo(-1, 12)
    // ranks 1.5 1.5 3 4 and 2 1 4 3: covariance 3.5 over sqrt(4.5 * 5)
    expect(rankCorrelation([7, 7, 8, 9], [20, 10, 40, 30])).toBeCloseTo(3.5 / Math.sqrt(22.5), 12)
  })

  test('of a constant column is null', () => {
    expect(rankCorrelation([5, 5, 5], [1, 2, 3])).toBeNull()
  })
})

describe('correlated lengths', () => {
  test.each([-1, -0.6, 0, 0.3, 0.9, 1])('have the rank correlation %d', (correlation) => {
    const measured = rankCorrelation(...draws(correlation))!
    // standard error at most 1 / sqrt(n)
    expect(Math.abs(measured - correlation) * Math.sqrt(N)).toBeLessThan(4)
  })

  test('each keep their own distribution, |z| <= 4, also with a correlation of 1', () => {
    for (const correlation of [-0.6, 1]) {
      const columns = draws(correlation)
      for (const [column, points] of [
        [
          columns[0],
          [
            [1000, 0.5],
            [9000, 0.99],
          ],
        ],
        [
          columns[1],
          [
            [501, 0.25],
            [1001, 0.5],
            [72_201, 0.9],
          ],
        ],
      ] as const) {
        for (const [length, p] of points) {
          const share = column.filter((value) => value <= length).length / N
          expect(Math.abs(share - p) / Math.sqrt((p * (1 - p)) / N)).toBeLessThanOrEqual(4)
        }
      }
    }
  })

  test('negative control: independent draws have none', () => {
    const [input, output] = [INPUT, OUTPUT].map((distribution, i) => {
      const lengths = lengthDistribution(distribution, new Random(`apart ${i}`))
      return Float64Array.from({ length: N }, () => lengths.draw())
    })
    expect(Math.abs(rankCorrelation(input!, output!)!)).toBeLessThan(0.03)
  })
})

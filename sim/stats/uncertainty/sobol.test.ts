import { describe, expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { MOST_DIMENSIONS, scrambledSobol, sobolPoints } from './sobol.ts'

/** Point n in the order of a Gray code. */
const gray = (n: number) => n ^ (n >>> 1)

describe('the Sobol sequence', () => {
  test('has the first points that Joe and Kuo print', () => {
    const points = sobolPoints(3, 0, 16)
    expect(Array.from({ length: 10 }, (_, n) => points[gray(n)])).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
      [0.625, 0.125, 0.875],
      [0.125, 0.625, 0.375],
      [0.1875, 0.3125, 0.9375],
      [0.6875, 0.8125, 0.4375],
    ])
  })

  test('has one point in each part of each dimension', () => {
    expect(apartInEach(sobolPoints(MOST_DIMENSIONS, 0, 256))).toBe(true)
  })

  test('refuses more dimensions than it has', () => {
    expect(() => sobolPoints(MOST_DIMENSIONS + 1, 0, 1)).toThrow(RangeError)
  })
})

describe('the scrambled sequence', () => {
  test.each([1, 2, 77])('of seed %i has one point in each part of each dimension', (seed) => {
    for (const n of [32, 64, 256]) {
      expect(apartInEach(scrambledSobol(MOST_DIMENSIONS, 0, n, seed))).toBe(true)
    }
  })

  test('has one point in each box of the first two dimensions, of any shape', () => {
    const points = scrambledSobol(2, 0, 64, 5)
    for (let wide = 0; wide <= 6; wide++) {
      const boxes = points.map(
        ([x, y]) => `${Math.floor(x! * 2 ** wide)} ${Math.floor(y! * 2 ** (6 - wide))}`,
      )
      expect(new Set(boxes).size).toBe(64)
    }
  })

  test('goes on: further points do not change the first ones', () => {
    const all = scrambledSobol(5, 0, 128, 3)
    expect(all.slice(32, 64)).toEqual(scrambledSobol(5, 32, 64, 3))
    expect(scrambledSobol(5, 0, 32, 4)).not.toEqual(all.slice(0, 32))
  })

  test('is uniform over seeds in each point', () => {
    const seeds = 2000
    const values = Array.from({ length: seeds }, (_, seed) => scrambledSobol(3, 0, 2, seed)[1]!)
    for (const dimension of [0, 1, 2]) {
      const mean = values.reduce((total, point) => total + point[dimension]!, 0) / seeds
      const square = values.reduce((total, point) => total + point[dimension]! ** 2, 0) / seeds
      expect(Math.abs(mean - 1 / 2)).toBeLessThan(4 * Math.sqrt(1 / 12 / seeds))
      expect(Math.abs(square - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / seeds))
    }
  })

  test.each([
    [2, 3],
    [5, 2],
    [8, 1.2],
  ])('is spread more evenly than random points in %i dimensions', (d, times) => {
    const random = stream(1, 0, 'discrepancy')
    const drawn = Array.from({ length: 256 }, () =>
      Array.from({ length: d }, () => random.uniform()),
    )
    const [even, byChance] = [scrambledSobol(d, 0, 256, 9), drawn].map(discrepancy)
    expect(even).toBeLessThan(byChance! / times)
  })
})

/** Whether n points are in different n-ths of each dimension. */
function apartInEach(points: readonly (readonly number[])[]): boolean {
  const n = points.length
  return points[0]!.every((_, dimension) => {
    return new Set(points.map((point) => Math.floor(point[dimension]! * n))).size === n
  })
}

/** The L2 star discrepancy (T. T. Warnock 1972). */
function discrepancy(points: readonly (readonly number[])[]): number {
  const n = points.length
  const d = points[0]!.length
  const once = points.reduce(
    (total, point) => total + point.reduce((product, x) => product * (1 - x * x), 1),
    0,
  )
  let twice = 0
  for (const a of points) {
    for (const b of points) {
      twice += a.reduce((product, x, i) => product * (1 - Math.max(x, b[i]!)), 1)
    }
  }
  return Math.sqrt(3 ** -d - (2 ** (1 - d) / n) * once + twice / n / n)
}

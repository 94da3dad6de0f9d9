import { describe, expect, test } from 'vitest'
import { PERCENTILES, supports } from './percentile.ts'
import { tailProbabilities } from './tail-curve.ts'

describe('tailProbabilities', () => {
  test.each([31, 100, 3000, 30_000, 123_456])('of %i values rise from 0.01 to 1 - 30/n', (n) => {
    const grid = tailProbabilities(n)
    expect(grid[0]).toBe(0.01)
    expect(grid.at(-1)).toBe(1 - 30 / n)
    for (let i = 1; i < grid.length; i++) expect(grid[i]).toBeGreaterThan(grid[i - 1]!)
    for (const p of grid) expect(supports(n, p)).toBe(true)
  })

  test('include each usual percentile that n supports', () => {
    expect(tailProbabilities(30_000)).toEqual(expect.arrayContaining([...PERCENTILES]))
    expect(tailProbabilities(29_999)).not.toContain(0.999)
  })

  test('are dense in nines', () => {
    const nines = tailProbabilities(1_000_000).map((p) => -Math.log10(1 - p))
    for (let i = 1; i < nines.length; i++) expect(nines[i]! - nines[i - 1]!).toBeLessThan(0.0251)
  })

  test('are absent for too few values', () => {
    expect(tailProbabilities(30)).toEqual([])
    expect(tailProbabilities(0)).toEqual([])
  })
})

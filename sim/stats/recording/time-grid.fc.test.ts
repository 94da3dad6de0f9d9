import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TimeGrid } from './time-grid.ts'

const time = fc.double({ min: 0, max: 1e10, noNaN: true })

describe('times on a grid', () => {
  test('keep their order, and move by half a unit at most', () => {
    fc.assert(
      fc.property(time, time, fc.integer({ min: 1, max: 1000 }), (a, b, executors) => {
        const grid = new TimeGrid(executors, 1e6)
        expect(grid.at(Math.min(a, b))).toBeLessThanOrEqual(grid.at(Math.max(a, b)))
        if (a <= 1e6) expect(Math.abs(grid.at(a) - a)).toBeLessThan(1e-5)
        expect(grid.at(grid.at(a))).toBe(grid.at(a))
      }),
    )
  })

  test('have differences whose sum is the whole, to the last digit, in any order', () => {
    const moments = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 2 })
    fc.assert(
      fc.property(moments, (times) => {
        const grid = new TimeGrid(1, 1e6)
        const sorted = times.map((at) => grid.at(at)).sort((a, b) => a - b)
        const parts = sorted.slice(1).map((at, i) => at - sorted[i]!)
        const whole = sorted.at(-1)! - sorted[0]!
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(whole)
        expect(parts.reduceRight((sum, part) => sum + part, 0)).toBe(whole)
      }),
    )
  })

  test('without it the sum of parts is sometimes more than the whole', () => {
    const times = Array.from({ length: 1000 }, (_, i) => 0.05 + i * 0.3)
    const parts = times.slice(1).map((at, i) => at - times[i]!)
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeGreaterThan(times.at(-1)! - times[0]!)
  })
})

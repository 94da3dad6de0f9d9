import { describe, expect, test } from 'vitest'
import { lengthGrid, sizeGrid } from './script-plan.ts'
import { costByTokens, fewerShapesText, passMs, planShapes } from './shape-plan.ts'

const grid = { sizes: sizeGrid(32), lengths: lengthGrid(8, 512, 8) }
/** 30 ms for the smallest shape and 1,500 for the largest, as on a software GPU. */
const EXTREMES = [
  { size: 1, length: 8 },
  { size: 32, length: 512 },
] as const
const cost = costByTokens(EXTREMES, { smallestMs: 30, largestMs: 1500 })
const BUDGETS_MS = [0, 3000, 3500, 5000, 10_000, 20_000, 40_000, 60_000]

describe('the cost of a shape', () => {
  test('is that of the two measured shapes, and linear in tokens between them', () => {
    expect(cost(1, 8)).toBe(30)
    expect(cost(32, 512)).toBeCloseTo(1500)
    const middle = (8 + 32 * 512) / 2
    expect(cost(1, middle)).toBeCloseTo((30 + 1500) / 2)
  })

  test('never falls with tokens: a first measurement may have been disturbed', () => {
    const disturbed = costByTokens(EXTREMES, { smallestMs: 9, largestMs: 5 })
    expect([disturbed(1, 8), disturbed(32, 512)]).toEqual([9, 9])
  })

  test('is the same for all where there is only one shape', () => {
    const single = [
      { size: 1, length: 1 },
      { size: 1, length: 1 },
    ] as const
    expect(costByTokens(single, { smallestMs: 3, largestMs: 3 })(1, 1)).toBe(3)
  })
})

describe('the plan of shapes', () => {
  test('has all shapes where there is time for them', () => {
    expect(planShapes(grid, cost, passMs(grid, cost))).toBe(grid)
    expect(planShapes(grid, cost, 0.99 * passMs(grid, cost))).not.toEqual(grid)
  })

  test.each(BUDGETS_MS)('within %i ms has the extremes, and a part of the grid in order', (ms) => {
    const { sizes, lengths } = planShapes(grid, cost, ms)
    for (const [part, all] of [
      [sizes, grid.sizes],
      [lengths, grid.lengths],
    ] as const) {
      expect([part[0], part.at(-1)]).toEqual([all[0], all.at(-1)])
      expect(part).toEqual(all.filter((value) => part.includes(value)))
    }
  })

  test('keeps within the budget, unless the extremes alone exceed it', () => {
    const extremes = planShapes(grid, cost, 0)
    expect(extremes).toEqual({ sizes: [1, 32], lengths: [8, 512] })
    const needed = passMs(extremes, cost)
    for (const ms of BUDGETS_MS) {
      expect(passMs(planShapes(grid, cost, ms), cost)).toBeLessThanOrEqual(Math.max(ms, needed))
    }
  })

  test('has more shapes with more time', () => {
    const counts = BUDGETS_MS.map((ms) => {
      const { sizes, lengths } = planShapes(grid, cost, ms)
      return (sizes.length - 1) * (lengths.length - 1)
    })
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(new Set(counts).size).toBeGreaterThan(4)
  })

  test('of a model without lengths, or without batches, thins out the other one', () => {
    const flat = { sizes: grid.sizes, lengths: [1] }
    expect(planShapes(flat, () => 10, 35)).toEqual({ sizes: [1, 10, 32], lengths: [1] })
    const single = { sizes: [1], lengths: grid.lengths }
    expect(planShapes(single, () => 10, 20)).toEqual({ sizes: [1], lengths: [8, 512] })
    expect(planShapes({ sizes: [1], lengths: [1] }, () => 10, 0)).toEqual({
      sizes: [1],
      lengths: [1],
    })
  })
})

test('a warning names the shapes that are measured, and the time that all would take', () => {
  const text = fewerShapesText('net', { sizes: [1, 8], lengths: [8, 64, 512] }, 94.2)
  expect(text).toContain('only batches of 1, 8 at lengths 8, 64, 512 are measured')
  expect(text).toContain('all shapes take about --seconds 95')
  expect(fewerShapesText('net', { sizes: [1, 8], lengths: [1] }, 9)).not.toContain('length')
})

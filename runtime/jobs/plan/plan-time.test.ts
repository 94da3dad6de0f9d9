import { expect, test } from 'vitest'
import { planReplications, planTimeText } from './plan-time.ts'

const GRID = { chains: [8, 8, 8, 8, 8], most: 24, exact: false }

test('a plan of more configurations or replications is not shorter', () => {
  const { likely, most } = planReplications(GRID)
  expect(likely).toBeLessThan(most)
  const more = [
    { ...GRID, chains: [...GRID.chains, 8] },
    { ...GRID, chains: GRID.chains.map((size) => 4 * size) },
    { ...GRID, most: 48 },
  ]
  for (const work of more) {
    const longer = planReplications(work)
    expect(longer.likely).toBeGreaterThanOrEqual(likely)
    expect(longer.most).toBeGreaterThan(most)
  }
  expect(planReplications({ ...GRID, exact: true }).most).toBe(40 + 6 + 17)
})

test('a plan that takes minutes says so, and one of seconds does not', () => {
  expect(planTimeText(GRID, 0.01, 2)).toBeNull()
  expect(planTimeText(GRID, 8, 2)).toMatch(
    /about 270 replications, 8\.0 s each on 2 processes: about 18 min, at most 79 min/,
  )
  expect(planTimeText(GRID, 8, 1)).toContain('on one process: about 36 min')
})

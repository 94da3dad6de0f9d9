import { expect, test } from 'vitest'
import { PlanClock, planReplications, planTimeText } from './plan-time.ts'

const GRID = { chains: [8, 8, 8, 8, 8], most: 24, exact: false, ofWinner: 15 }

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
  expect(planReplications({ ...GRID, exact: true }).most).toBe(40 + 6 + 15)
})

test('a plan that takes minutes says so, and one of seconds does not', () => {
  expect(planTimeText(GRID, 0.01, 2)).toBeNull()
  expect(planTimeText(GRID, 8, 2)).toMatch(
    /about 250 replications, 8\.0 s each on 2 processes: about 17 min, at most 78 min/,
  )
  expect(planTimeText(GRID, 8, 1)).toContain('on one process: about 34 min')
})

test('the start of processes is no part of what a replication takes', () => {
  // of a tenth of a second each
  const short = new PlanClock(GRID, 2)
  expect(short.after({ replications: 3, seconds: 9 })).toBeNull()
  expect(short.after({ replications: 12, seconds: 0.6 })).toBeNull()
  expect(short.after({ replications: 12, seconds: 600 })).toBeNull()
  // of eight seconds each, behind the same start
  const long = new PlanClock(GRID, 2)
  expect(long.after({ replications: 3, seconds: 19 })).toBeNull()
  const text = long.after({ replications: 12, seconds: 48 })
  expect(text).toBe(planTimeText(GRID, 8, 2))
  expect(long.after({ replications: 12, seconds: 48 })).toBeNull()
})

test('a first look that is longer than any start tells at once, and kept runs tell nothing', () => {
  const clock = new PlanClock(GRID, 2)
  expect(clock.after({ replications: 0, seconds: 0.01 })).toBeNull()
  expect(clock.after({ replications: 3, seconds: 60 })).toBe(planTimeText(GRID, 30, 2))
})

import { expect, test } from 'vitest'
import { drawnReplications, PlanClock, planReplications, planTimeText } from './plan-time.ts'

const GRID = { chains: [8, 8, 8, 8, 8], most: 24, exact: false, ofWinner: 15, inputs: 0 }

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

test('a plan with uncertain inputs says what their draws take beside, and none without them', () => {
  expect(drawnReplications(GRID)).toBe(0)
  const uncertain = { ...GRID, inputs: 2 }
  expect(drawnReplications(uncertain)).toBe(320)
  expect(drawnReplications({ ...uncertain, exact: true })).toBe(80)
  // three for each input and term at least
  expect(drawnReplications({ ...GRID, inputs: 20 })).toBe(640)
  expect(planReplications(uncertain)).toEqual(planReplications(GRID))
  const text = planTimeText(uncertain, 8, 2)!
  expect(text.startsWith(planTimeText(GRID, 8, 2)!.split(';')[0]!)).toBe(true)
  expect(text).toContain(
    '; then about 320 of draws of its uncertain inputs: about 21 min, and more',
  )
  // a search of seconds, and draws that take longer
  expect(planTimeText(GRID, 0.1, 2)).toBeNull()
  expect(planTimeText(uncertain, 0.1, 2)).not.toBeNull()
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

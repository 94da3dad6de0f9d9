import { expect, test } from 'vitest'
import { knownRun } from './known-machine.test-helper.ts'
import { mixedCostMs } from './mixed-cost.ts'

const LESS_MS = 0.3
const runs = [1, 2, 3].map((seed) => knownRun({ load: 0.5, seconds: 20, seed }))

/** The cost that replays show where work is calibrated too short by so much for every batch. */
const costOf = (some: typeof runs, lessMs: number) =>
  mixedCostMs(
    some.map((run) => ({
      run,
      work: run.work.map(({ work, wake }) => ({
        work: (size: number, length: number) => work(size, length) - lessMs,
        wake,
      })),
      executors: [0, 1],
      load: 0.5,
      durationMs: 20_000,
    })),
  )

test('what every batch takes beyond its calibrated work is found, on a machine with stalls', () => {
  expect(costOf(runs, LESS_MS)).toBeGreaterThan(0.85 * LESS_MS)
  expect(costOf(runs, LESS_MS)).toBeLessThan(1.15 * LESS_MS)
})

test('there is none where calibrated work is right', () => {
  expect(costOf(runs, 0)).toBeLessThan(0.05 * LESS_MS)
})

test('a few batches show none', () => {
  expect(costOf([knownRun({ load: 0.5, seconds: 0.2 })], LESS_MS)).toBe(0)
})

import { expect, test } from 'vitest'
import { accept, meanWithError } from '../../stats/index.ts'
import type { ExecutorFailure, FailurePlan } from './failure-plan.ts'
import { failureSchedule } from './failure-schedule.ts'

function problemOf(values: readonly number[], theory: number): string | null {
  const { mean: estimate, standardError, halfWidth: halfWidth95 } = meanWithError(values)
  return accept({ name: 'share', estimate, standardError, halfWidth95, theory }).problem
}

const never = Number.POSITIVE_INFINITY
const fixed = (value: number) => ({ distribution: 'fixed', value }) as const

const planOf = (durationMs: number, ...failures: ExecutorFailure[]): FailurePlan => ({
  durationMs,
  failures: [failures.map((failure, i) => ({ ...failure, stream: `failure ${i}` }))],
  deployments: [],
})

const crash = (atMs: readonly number[], restartS: number, detectionMs = 0): ExecutorFailure => ({
  kind: 'crash',
  occurrence: { everyMs: never, atMs },
  detectionMs,
  restartS: fixed(restartS),
})

const told = (plan: FailurePlan) =>
  failureSchedule(plan, 1, 0).map(({ at, kind }) => `${at} ${kind}`)

test('a crash is detected after its delay, unless the executor is back before', () => {
  expect(told(planOf(1e5, crash([1000], 5, 2000)))).toEqual([
    '1000 crash',
    '3000 detected',
    '6000 up',
  ])
  expect(told(planOf(1e5, crash([1000], 5, 5000)))).toEqual(['1000 crash', '6000 up'])
  expect(told(planOf(1000, crash([1000], 5)))).toEqual([])
})

test('crashes that overlap are one, until the last of them ends', () => {
  const plan = planOf(1e5, crash([1000], 5, 100), crash([3000], 5, 10))
  expect(told(plan)).toEqual(['1000 crash', '1100 detected', '8000 up'])
})

test('impairments that overlap multiply their times, and the shares of good batches', () => {
  const occurrence = (atMs: number) => ({ everyMs: never, atMs: [atMs] })
  const plan = planOf(
    1e5,
    { kind: 'slow', occurrence: occurrence(0), forMs: 100, factor: 3 },
    { kind: 'slow', occurrence: occurrence(50), forMs: 100, factor: 2 },
    { kind: 'errors', occurrence: occurrence(50), forMs: 50, share: 0.5 },
    { kind: 'errors', occurrence: occurrence(50), forMs: 100, share: 0.2 },
  )
  const conditions = failureSchedule(plan, 1, 0).map((event) =>
    event.kind === 'condition' ? [event.at, event.factor, event.share] : null,
  )
  const expected = [
    [0, 3, 0],
    [50, 6, 0.6],
    [100, 2, 0.2],
    [150, 1, 0],
  ]
  expect(conditions).toHaveLength(expected.length)
  for (const [i, [at, factor, share]] of expected.entries()) {
    expect(conditions[i]!.slice(0, 2)).toEqual([at, factor])
    expect(conditions[i]![2]).toBeCloseTo(share!, 12)
  }
})

test('the share of time that an executor is up is MTBF over MTBF and restart', () => {
  const durationMs = 2e6
  const plan = planOf(durationMs, {
    kind: 'crash',
    occurrence: { everyMs: 600, atMs: [] },
    detectionMs: 0,
    restartS: { distribution: 'exponential', mean: 0.2 },
  })
  const upShares = Array.from({ length: 20 }, (_, replication) => {
    let down = 0
    let since = 0
    for (const { at, kind } of failureSchedule(plan, 7, replication)) {
      if (kind === 'crash') since = at
      else if (kind === 'up') down += Math.min(at, durationMs) - since
    }
    return 1 - down / durationMs
  })
  const problem = (theory: number) => problemOf(upShares, theory)
  expect(problem(0.75)).toBeNull()
  expect(problem(0.75 * 1.05)).not.toBeNull()
})

test('the same seed gives the same failures, and another replication others', () => {
  const plan = planOf(1e6, {
    kind: 'crash',
    occurrence: { everyMs: 5000, atMs: [] },
    detectionMs: 0,
    restartS: fixed(1),
  })
  expect(failureSchedule(plan, 1, 0)).toEqual(failureSchedule(plan, 1, 0))
  expect(failureSchedule(plan, 1, 0)).not.toEqual(failureSchedule(plan, 1, 1))
})

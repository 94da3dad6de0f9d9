import { expect, test } from 'vitest'
import { accept, meanWithError } from '../../stats/index.ts'
import type { FailurePlan } from './failure-plan.ts'
import { failureSchedule } from './failure-schedule.ts'
import type { ReplicaFailure } from './failures/failure-kind.ts'

function problemOf(values: readonly number[], theory: number): string | null {
  const { mean: estimate, standardError, halfWidth: halfWidth95 } = meanWithError(values)
  return accept({ name: 'share', estimate, standardError, halfWidth95, theory }).problem
}

const fixed = (value: number) => ({ distribution: 'fixed', value }) as const

const planOf = (durationMs: number, ...failures: ReplicaFailure[]): FailurePlan => ({
  durationMs,
  failures: [failures.map((failure, i) => ({ failure, stream: `failure ${i}` }))],
  deployments: [],
})

const crash = (atS: number, restartS: number, detectionS = 0): ReplicaFailure => ({
  kind: 'crash',
  at_s: [atS],
  detection_s: detectionS,
  restart_s: fixed(restartS),
})

const eventsOf = (plan: FailurePlan) =>
  failureSchedule(plan, 1, 0).map(({ at, kind }) => `${at} ${kind}`)

test('a crash is detected after its delay, unless the executor is back before', () => {
  expect(eventsOf(planOf(1e5, crash(1, 5, 2)))).toEqual(['1000 crash', '3000 detected', '6000 up'])
  expect(eventsOf(planOf(1e5, crash(1, 5, 5)))).toEqual(['1000 crash', '6000 up'])
  expect(eventsOf(planOf(1000, crash(1, 5)))).toEqual([])
})

test('crashes that overlap are one, until the last of them ends', () => {
  const plan = planOf(1e5, crash(1, 5, 0.1), crash(3, 5, 0.01))
  expect(eventsOf(plan)).toEqual(['1000 crash', '1100 detected', '8000 up'])
})

test('impairments that overlap multiply their times, and the shares of good batches', () => {
  const plan = planOf(
    1e5,
    { kind: 'slow', at_s: [0], for_s: 0.1, factor: 3 },
    { kind: 'slow', at_s: [0.05], for_s: 0.1, factor: 2 },
    { kind: 'errors', at_s: [0.05], for_s: 0.05, share: 0.5 },
    { kind: 'errors', at_s: [0.05], for_s: 0.1, share: 0.2 },
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
    every_s: 0.6,
    detection_s: 0,
    restart_s: { distribution: 'exponential', mean: 0.2 },
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
    every_s: 5,
    detection_s: 0,
    restart_s: fixed(1),
  })
  expect(failureSchedule(plan, 1, 0)).toEqual(failureSchedule(plan, 1, 0))
  expect(failureSchedule(plan, 1, 0)).not.toEqual(failureSchedule(plan, 1, 1))
})

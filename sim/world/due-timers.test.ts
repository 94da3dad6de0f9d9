import { expect, test } from 'vitest'
import { DueTimers } from './due-timers.ts'
import type { DueEvent } from './machine/stalls.ts'

const NEVER = Number.POSITIVE_INFINITY

test('a timer is noted when it was due, whether it fired or an earlier event did its work', () => {
  const fired: DueEvent[] = []
  const timers = new DueTimers(fired)
  timers.set(0, 0, 10)
  timers.set(0, 1, 4)
  expect(timers.first).toBe(4)
  timers.set(5, 1, NEVER)
  expect(timers.first).toBe(10)
  timers.set(10.5, 0, 20)
  expect(fired).toEqual([
    [4, 5],
    [10, 10.5],
  ])
})

test('a timer that is armed again or disarmed before it is due is not noted', () => {
  const fired: DueEvent[] = []
  const timers = new DueTimers(fired)
  timers.set(0, 0, 10)
  timers.set(9, 0, 12)
  timers.set(11, 0, NEVER)
  expect(fired).toEqual([])
  expect(timers.first).toBe(NEVER)
})

import { expect, test } from 'vitest'
import { Backlog } from './surges.ts'

test('a surge has a peak backlog, and a recovery when no more wait than before it', () => {
  const backlog = new Backlog([{ fromMs: 100, toMs: 120 }], 10, 900)
  // requests that wait in the warm-up do not count
  backlog.change(5, 9)
  backlog.change(6, -9)
  backlog.change(50, 2)
  backlog.change(60, -2)
  backlog.change(101, 5)
  backlog.change(119, -5)
  backlog.change(119.5, 8)
  backlog.change(130, -5)
  expect(backlog.surges).toEqual([{ peak: 8, recoveryMs: Number.POSITIVE_INFINITY }])
  backlog.change(150, -1)
  backlog.change(160, 4)
  expect(backlog.surges).toEqual([{ peak: 8, recoveryMs: 30 }])
})

test('the next surge ends the recovery of the one before', () => {
  const windows = [
    { fromMs: 100, toMs: 110 },
    { fromMs: 200, toMs: 210 },
  ]
  const backlog = new Backlog(windows, 0, 900)
  backlog.change(105, 6)
  backlog.change(205, 1)
  backlog.change(220, -7)
  expect(backlog.surges).toEqual([
    { peak: 6, recoveryMs: Number.POSITIVE_INFINITY },
    { peak: 7, recoveryMs: 10 },
  ])
})

test('a queue that drains after the end of traffic has not recovered', () => {
  const backlog = new Backlog([{ fromMs: 100, toMs: 110 }], 0, 200)
  backlog.change(105, 3)
  backlog.change(250, -3)
  expect(backlog.surges).toEqual([{ peak: 3, recoveryMs: Number.POSITIVE_INFINITY }])
})

test('a surge that did not begin has no entry', () => {
  const backlog = new Backlog([{ fromMs: 100, toMs: 110 }], 0, 900)
  backlog.change(50, 1)
  expect(backlog.surges).toEqual([])
})

test('surges that begin at the same time are followed together', () => {
  const windows = [
    { fromMs: 100, toMs: 110 },
    { fromMs: 100, toMs: 120 },
  ]
  const backlog = new Backlog(windows, 0, 900)
  backlog.change(105, 6)
  backlog.change(150, -6)
  expect(backlog.surges).toEqual([
    { peak: 6, recoveryMs: 40 },
    { peak: 6, recoveryMs: 30 },
  ])
})

import { expect, test } from 'vitest'
import { ExecutorSpans, timeWithin } from './executor-spans.ts'

test('replicas are paid for until they are given back, and from when they are asked for', () => {
  const paid = new ExecutorSpans({ poolOf: [0, 0, 1], always: [0, 2] })
  // not there at first
  paid.change(1, 0, false)
  paid.change(1, 30, true)
  // it serves: nothing changes
  paid.change(1, 40, true)
  paid.change(1, 70, false)
  paid.change(1, 80, false)
  const [first, second] = paid.all.map((spans) => timeWithin(spans, [10, 110]))
  expect(first).toBe(100 + 40)
  // one executor and two in the warm pool
  expect(second).toBe(300)
})

test('a replica that is there again is paid for twice, and only within what is counted', () => {
  const paid = new ExecutorSpans({ poolOf: [0], always: [0] })
  paid.change(0, 20, false)
  paid.change(0, 50, true)
  const [spans] = paid.all
  expect(timeWithin(spans!, [0, 100])).toBe(20 + 50)
  expect(timeWithin(spans!, [10, 60])).toBe(10 + 10)
  expect(timeWithin(spans!, [20, 50])).toBe(0)
})

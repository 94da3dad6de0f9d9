import { expect, test } from 'vitest'
import { LearntTimes, OutstandingWork } from './predicted-work.ts'

test('nothing is predicted before a request has ended', () => {
  expect(new OutstandingWork(1, new LearntTimes()).responseMs(10)).toBeNaN()
})

test('the prediction is the work ahead over the executors, and the batch of the request', () => {
  const work = new OutstandingWork(2, new LearntTimes())
  for (const tokens of [10, 20, 30]) {
    work.sent(tokens)
    // batches of two take 5 ms and 1 ms a token
    work.ended(tokens, 5 + tokens, 2)
  }
  expect(work.responseMs(10)).toBeCloseTo(15, 9)
  work.sent(20)
  work.sent(30)
  // (25 + 35) / 2 ms of executor time for the two, over two executors
  expect(work.responseMs(10)).toBeCloseTo((25 + 35) / 2 / 2 + 15, 9)
})

test('a candidate without ended requests is predicted by those of all', () => {
  const shared = new LearntTimes()
  const [first, second] = [new OutstandingWork(1, shared), new OutstandingWork(1, shared)]
  first.sent(7)
  first.ended(7, 40, 1)
  expect(second.responseMs(7)).toBeCloseTo(40, 9)
})

test('a request that was in no batch teaches nothing', () => {
  const work = new OutstandingWork(1, new LearntTimes())
  work.sent(7)
  work.ended(7, 0, 0)
  expect(work.responseMs(7)).toBeNaN()
})

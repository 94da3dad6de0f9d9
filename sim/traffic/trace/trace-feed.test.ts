import { expect, test } from 'vitest'
import { TraceFeed } from './trace-feed.ts'

const BOTH = { lengths: true, outputs: true }
const STREAMED = { taken: 3, spanMs: 20, held: null }
const piece = (...times: number[]) => ({
  times: Float64Array.from(times),
  lengths: Int32Array.from(times, (time) => time + 1),
  outputs: Int32Array.from(times, (time) => time + 2),
})

test('the next time is NaN while rows are missing, and Infinity after the last', () => {
  const feed = new TraceFeed(STREAMED, BOTH)
  expect([feed.next(), feed.needsRows]).toEqual([Number.NaN, true])
  feed.put(piece(0, 10))
  expect([feed.next(), feed.length(), feed.needsRows]).toEqual([0, 1, false])
  expect([feed.next(), feed.length(), feed.needsRows]).toEqual([10, 11, false])
  // a row's length is available until the next row is read
  expect([feed.next(), feed.length(), feed.needsRows]).toEqual([Number.NaN, 11, true])
  feed.put(piece(20))
  expect([feed.next(), feed.length(), feed.output()]).toEqual([20, 21, 22])
  feed.put(null)
  expect([feed.next(), feed.needsRows]).toEqual([Number.POSITIVE_INFINITY, false])
})

test('rows that were not used yet are kept', () => {
  const feed = new TraceFeed(STREAMED, BOTH)
  feed.put(piece(0, 10))
  feed.next()
  feed.next()
  expect(() => feed.put(piece(20))).toThrow('Expected the rows at hand to be used up')
})

test('a trace in memory needs no refill', () => {
  const feed = new TraceFeed({ ...STREAMED, held: piece(5) }, BOTH)
  expect([feed.needsRows, feed.next(), feed.next()]).toEqual([false, 5, Number.POSITIVE_INFINITY])
})

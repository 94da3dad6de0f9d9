import { describe, expect, test } from 'vitest'
import { Requests } from '../../serving/index.ts'
import { ListSource, RequestList } from './request-list.ts'

type Row = [at: number, length: number, number: number, output: number]

function listOf(...rows: Row[]): RequestList {
  return RequestList.of({
    at: Float64Array.from(rows, ([at]) => at),
    inputTokens: Int32Array.from(rows, ([, length]) => length),
    class: Uint8Array.from(rows, ([, , number]) => number),
    outputTokens: Int32Array.from(rows, ([, , , output]) => output),
  })
}

const rows: Row[] = [
  [0, 1, 0, 0],
  [1.5, 64, 1, 0],
  [1.5, 64, 0, 7],
  [9, 3, 2, 200],
]

describe('a list as a source', () => {
  function takeAll(source: ListSource) {
    const fields = new Requests(8)
    const peeked: number[] = []
    for (let slot = 7; source.peek() !== Number.POSITIVE_INFINITY; slot--) {
      peeked.push(source.peek())
      source.take(fields, slot)
    }
    return { fields, peeked }
  }

  test('returns its requests in order, each in the requested slot', () => {
    const { fields, peeked } = takeAll(new ListSource(listOf(...rows)))
    expect(peeked).toEqual([0, 1.5, 1.5, 9])
    expect(Array.from(fields.key.subarray(4)).reverse()).toEqual([0, 1, 2, 3])
    expect(Array.from(fields.inputTokens.subarray(4)).reverse()).toEqual([1, 64, 64, 3])
    expect(Array.from(fields.class.subarray(4)).reverse()).toEqual([0, 1, 0, 2])
    expect(Array.from(fields.outputTokens.subarray(4)).reverse()).toEqual([0, 0, 7, 200])
  })

  test('sends at the given times, and keeps the schedule', () => {
    const sent = Float64Array.of(0.25, 1.75, 2, 10)
    const { fields, peeked } = takeAll(new ListSource(listOf(...rows), sent))
    expect(peeked).toEqual(Array.from(sent))
    expect(Array.from(fields.at.subarray(4)).reverse()).toEqual([0, 1.5, 1.5, 9])
  })

  test('is in shared memory, so that a thread needs no copy', () => {
    expect(RequestList.allocate(3).columns.at.buffer).toBeInstanceOf(SharedArrayBuffer)
    const collected = RequestList.collect(new ListSource(listOf(...rows)))
    expect(collected.columns.inputTokens.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(collected.hash()).toBe(listOf(...rows).hash())
  })
})

test('a list until a time has the requests scheduled before it', () => {
  const list = RequestList.of({
    at: Float64Array.of(0, 1, 2, 2, 5),
    inputTokens: Int32Array.of(1, 2, 3, 4, 5),
    class: Uint8Array.of(0, 1, 0, 1, 0),
    outputTokens: Int32Array.of(9, 8, 7, 6, 5),
  })
  expect([...list.until(2).columns.inputTokens]).toEqual([1, 2])
  expect([...list.until(5.1).columns.class]).toEqual([0, 1, 0, 1, 0])
  expect([...list.until(2).columns.outputTokens]).toEqual([9, 8])
  expect(list.until(0).count).toBe(0)
})

test('a list where times are kept has these requests, with their prefixes', () => {
  const list = listOf(...rows).with([null, Int32Array.of(3), null, null])
  const kept = list.where((at) => at > 0 && at < 9)
  expect([...kept.columns.at]).toEqual([1.5, 1.5])
  expect([...kept.columns.inputTokens]).toEqual([64, 64])
  expect([...kept.columns.class]).toEqual([1, 0])
  expect([...kept.columns.outputTokens]).toEqual([0, 7])
  expect(kept.columns.prefixes).toEqual([Int32Array.of(3), null])
  expect(list.where(() => true).hash()).toBe(list.hash())
  expect(list.where(() => false).count).toBe(0)
})

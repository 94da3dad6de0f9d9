import { expect, test } from 'vitest'
import { inDeliveredOrder } from './delivered-order.ts'
import type { AuditRows } from './raw-rows.ts'

/** Rows of requests that were delivered and dispatched at these times. */
const rowsOf = (sent: readonly number[], dispatched: readonly number[]) =>
  ({
    sent: Float64Array.from(sent),
    dispatched: Float64Array.from(dispatched),
    sendId: Int32Array.from(sent.keys()),
    copyOf: new Int32Array(sent.length).fill(-1),
  }) as unknown as AuditRows

const inOrder = (rows: AuditRows) => {
  const sending = [...rows.sent.keys()]
  return inDeliveredOrder(rows, { sending, part: sending.map(() => 0) })
}

const keysOf = (sent: readonly number[], dispatched: readonly number[]) => [
  ...inOrder(rowsOf(sent, dispatched)).keys,
]

test('requests are numbered in the order of their delivery', () => {
  expect(keysOf([5, 3, 4], [5, 6, 7])).toEqual([1, 2, 0])
})

test('of those delivered at one instant the first to be dispatched is first, and lost ones are last', () => {
  expect(keysOf([3, 3, 3, 3], [9, Number.NaN, 4, 4])).toEqual([2, 3, 0, 1])
})

test('parts of one request are in their order, and local requests after delivered ones', () => {
  const parts = { ...rowsOf([3, 3, 3], [8, 4, 5]), sendId: Int32Array.of(0, 0, 1) }
  expect([...inOrder(parts).keys]).toEqual([0, 1, 2])
  const local = { ...rowsOf([3, 3, 3], [9, 8, 10]), routed: Float64Array.of(3, 3, 1) }
  expect([...inOrder(local).keys]).toEqual([2, 0, 1])
})

test('a copy belongs to its first by the new number', () => {
  const rows = { ...rowsOf([1, 5, 2], [1, 5, 2]), copyOf: Int32Array.of(-1, -1, 1) }
  const { keys, rows: ordered } = inOrder(rows)
  expect([...keys]).toEqual([0, 2, 1])
  expect([...ordered.copyOf]).toEqual([-1, 2, -1])
})

test('a request that was never delivered is last', () => {
  expect(keysOf([Number.NaN, 1], [Number.NaN, 2])).toEqual([1, 0])
})

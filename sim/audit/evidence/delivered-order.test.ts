import { expect, test } from 'vitest'
import { inDeliveredOrder } from './delivered-order.ts'
import type { AuditRows, RequestColumns } from './raw-rows.ts'

/** Rows of requests that were delivered and dispatched at these times. */
const rowsOf = (sent: readonly number[], dispatched: readonly number[]) =>
  ({
    sent: Float64Array.from(sent),
    dispatched: Float64Array.from(dispatched),
    sendId: Int32Array.from(sent.keys()),
  }) as unknown as AuditRows

const keysOf = (sent: readonly number[], dispatched: readonly number[]) => [
  ...inDeliveredOrder(rowsOf(sent, dispatched), {} as RequestColumns).keys,
]

test('requests are numbered in the order of their delivery', () => {
  expect(keysOf([5, 3, 4], [5, 6, 7])).toEqual([1, 2, 0])
})

test('of those delivered at one instant the first to be dispatched is first, and lost ones are last', () => {
  expect(keysOf([3, 3, 3, 3], [9, Number.NaN, 4, 4])).toEqual([2, 3, 0, 1])
})

test('a request that was never delivered is last', () => {
  expect(keysOf([Number.NaN, 1], [Number.NaN, 2])).toEqual([1, 0])
})

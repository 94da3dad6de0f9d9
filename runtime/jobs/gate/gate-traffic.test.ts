import { expect, test } from 'vitest'
import { excessTraffic } from './gate-traffic.ts'

const even = (base: number, head = base) => ({ base, head })

test('traffic that keeps both sides as busy as is asked for is not lowered', () => {
  expect(excessTraffic(0.55, { wall: even(0.55), processor: even(0.5) })).toBe(1)
  expect(excessTraffic(0.55, { wall: even(0.3), processor: even(0.3) })).toBe(1)
})

test('a base that is busier than is asked for lowers the traffic', () => {
  const warmUp = { wall: even(0.72), processor: even(0.7) }
  expect(excessTraffic(0.55, warmUp)).toBeCloseTo(0.72 / 0.55, 9)
})

test('a head that is too busy lowers the traffic, though the base is not', () => {
  const warmUp = { wall: even(0.4, 0.9), processor: even(0.4, 0.87) }
  expect(excessTraffic(0.55, warmUp)).toBeCloseTo(0.87 / 0.76, 9)
})

test('what other programs take from an executor is no load of its own', () => {
  const warmUp = { wall: even(0.55, 0.95), processor: even(0.5, 0.7) }
  expect(excessTraffic(0.55, warmUp)).toBe(1)
})

import { expect, test } from 'vitest'
import { Random } from '../kernel/index.ts'
import { clientTimeoutOf } from './client-timeout.ts'

const COUNT = 100_000
const drawn = {
  clientTimeoutMs: 7,
  drawnClientTimeout: { distribution: 'exponential', mean: 5 },
} as const

/** Timeouts of clients that arrive at random times. */
function patiences(seed: string): number[] {
  const random = new Random(seed)
  let at = 0
  return Array.from({ length: COUNT }, (_, i) =>
    clientTimeoutOf(drawn, (at += random.exponential()), i),
  )
}

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length

test('the client timeout has the configured distribution', () => {
  const values = patiences('arrivals')
  // standard errors: 5 and sqrt(20) * 25 over sqrt(n)
  expect(Math.abs(mean(values) - 5)).toBeLessThan((4 * 5) / Math.sqrt(COUNT))
  const square = mean(values.map((x) => x ** 2))
  expect(Math.abs(square - 50)).toBeLessThan((4 * Math.sqrt(20) * 25) / Math.sqrt(COUNT))
  const short = values.filter((x) => x < 1).length / COUNT
  expect(Math.abs(short - (1 - Math.exp(-0.2)))).toBeLessThan(4 * Math.sqrt(0.15 / COUNT))
})

test('client timeouts are independent between clients and between runs', () => {
  const correlation = (a: readonly number[], b: readonly number[]) =>
    mean(a.map((x, i) => (x - 5) * (b[i]! - 5))) / 25
  const values = patiences('arrivals')
  const most = 4 / Math.sqrt(COUNT)
  expect(Math.abs(correlation(values.slice(1), values))).toBeLessThan(most)
  expect(Math.abs(correlation(values, patiences('other arrivals')))).toBeLessThan(most)
})

test('clients of one instant differ; the same client always has the same timeout', () => {
  const timeoutOf = (sending: number) => clientTimeoutOf(drawn, 3000, sending)
  expect(new Set(Array.from({ length: 1000 }, (_, i) => timeoutOf(i))).size).toBe(1000)
  expect(timeoutOf(4)).toBe(timeoutOf(4))
})

test('without a distribution all clients have the same timeout', () => {
  expect(clientTimeoutOf({ clientTimeoutMs: 7, drawnClientTimeout: null }, 3, 4)).toBe(7)
})

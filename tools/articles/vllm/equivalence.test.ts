import { expect, test } from 'vitest'
import { compared, meanSd, percentileSd } from './equivalence.ts'

/** Twenty runs that scatter by about 1 %, around a value. */
const runs = (value: number) =>
  Array.from({ length: 20 }, (_, i) => value * (1 + 0.01 * Math.sin(7 * i)))

test('what is well within 10 % is the same, what is well beyond is not', () => {
  expect(compared(runs(104), 100, 0).equivalence).toBe('same')
  expect(compared(runs(125), 100, 0).equivalence).toBe('other')
  expect(compared(runs(104), 100, 0).error).toBeCloseTo(0.04, 2)
})

test('negative control: an error as large as the margin is undecided', () => {
  expect(compared(runs(110), 100, 0).equivalence).toBe('undecided')
  expect(compared(runs(100 / 1.1), 100, 0).equivalence).toBe('undecided')
})

test('few requests behind the measured figure leave it undecided', () => {
  expect(compared(runs(104), 100, 0.1).equivalence).toBe('undecided')
})

test('a percentile of exponential times scatters as its order statistic does', () => {
  const at = (percent: number) => -Math.log(1 - percent / 100)
  const times = { mean: 1, p50: at(50), p90: at(90), p95: at(95), p99: at(99) }
  // sd(Q) = sqrt(p / (n (1 - p))) for rate 1, over Q on the log scale; the slope is that of a chord
  const exact = Math.sqrt(0.95 / (400 * 0.05)) / times.p95
  expect(percentileSd(times, 95, 400) / exact).toBeGreaterThan(0.95)
  expect(percentileSd(times, 95, 400) / exact).toBeLessThan(1.2)
  expect(percentileSd(times, 99, 100)).toBeCloseTo(2 * percentileSd(times, 99, 400), 12)
})

test('a mean scatters as a normal one with the same p50 and p90', () => {
  const times = { mean: 100, p50: 100, p90: 112.816, p95: 117, p99: 123 }
  expect(meanSd(times, 100)).toBeCloseTo(0.01, 4)
})

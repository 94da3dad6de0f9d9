import { expect, test } from 'vitest'
import { kernelSummary, threadSummary } from './measured-threads.ts'

test('stalls are gaps of more than 0.1 ms, counted a second of spinning', () => {
  const summary = threadSummary({
    ...({ role: 'executor', core: 1, steal: null } as const),
    spunMs: 4000,
    gaps: [0.06, 0.1, 0.2, 0.5, 7],
    longest: [...Array<number>(197).fill(0.02), 0.2, 0.5, 7],
    kernelMs: [1, 1],
  })
  expect(summary).toMatchObject({
    role: 'executor',
    core: 1,
    steal: null,
    stalls_per_s: 0.75,
    long_stalls_per_s: 0.25,
    longest_stall_ms: 7,
    jitter_ms: 0.2,
  })
})

test('a kernel that becomes slower has a trend, one that jumps back and forth only a spread', () => {
  const rising = kernelSummary([1, 1.01, 1.02, 1.03, 1.04])
  expect(rising.trend).toBeCloseTo(0.04 / 1.02)
  expect(rising.spread).toBeCloseTo(0.04 / 1.02)
  const jumping = kernelSummary([1, 1.1, 1, 1.1, 1])
  expect(jumping.trend).toBeCloseTo(0)
  expect(jumping.spread).toBeCloseTo(0.1)
})

test('a time of less than three seconds has no trend', () => {
  expect(kernelSummary([1, 2]).trend).toBe(null)
  expect(kernelSummary([1])).toMatchObject({ median_ms: 1, spread: 0, trend: null })
})

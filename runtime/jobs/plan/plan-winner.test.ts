import { expect, test } from 'vitest'
import { peakRate } from './plan-winner.ts'

/** Rates in 120 intervals of a minute, of which the last two are another rate. */
const peakOf = (mean: number, peak: number, runs = 10) =>
  peakRate({
    series: {
      bucket_s: 60,
      arrived_rps: Array.from({ length: 120 }, (_, i) => (i < 118 ? mean : peak)),
    },
    warmup_s: 600,
    runs,
  })

test('a peak is a figure of its own where chance does not explain it', () => {
  expect(peakOf(13, 146)).toBe(146)
  expect(peakOf(13, 13.5)).toBeNull()
  // 12 requests in an interval, of which one has 24
  expect(peakOf(0.2, 0.4, 1)).toBeNull()
})

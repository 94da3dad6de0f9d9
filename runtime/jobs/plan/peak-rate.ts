import type { Result } from '../../../sim/documents/index.ts'

/** A peak is another figure than the mean where it is this much higher. */
const APART = 0.05
/** The largest of 120 intervals is rarely more standard deviations above their mean. */
const BY_CHANCE = 4

/**
 * The highest rate of arrivals in an interval after the warm-up, requests/s; null where that is the
 * mean, but for chance.
 */
export function peakRate({
  series: { arrived_rps: rates, bucket_s },
  warmup_s,
  runs,
}: Pick<Result, 'warmup_s' | 'runs'> & {
  readonly series: Pick<Result['series'], 'arrived_rps' | 'bucket_s'>
}): number | null {
  const counted = rates.slice(Math.ceil(warmup_s / bucket_s))
  const mean = counted.reduce((sum, rate) => sum + rate, 0) / counted.length
  const peak = Math.max(...counted)
  const scatter = BY_CHANCE / Math.sqrt(mean * bucket_s * runs)
  return peak > mean * (1 + APART + scatter) ? peak : null
}

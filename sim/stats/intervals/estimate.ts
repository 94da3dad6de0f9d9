import type { Estimate } from '../../documents/index.ts'
import { tInterval, within } from './interval.ts'

/**
 * Mean over runs with its t interval; null with a reason where a run has no finite value. Figures
 * lie from 0 to `most`, and so does the interval.
 */
export function estimate(
  values: readonly number[],
  n: number,
  most = Number.POSITIVE_INFINITY,
): Estimate {
  if (values.some((value) => !Number.isFinite(value))) {
    const lost = values.some((value) => value === Number.POSITIVE_INFINITY)
    const reason = lost ? 'so many requests were lost that it is infinite' : 'nothing was observed'
    return { value: null, low: null, high: null, n, reason }
  }
  return { ...within(tInterval(values), most), n }
}

import { mean, sampleStandardDeviation } from 'simple-statistics'
import { betaQuantile } from './beta.ts'
import { studentTQuantile } from './student-t.ts'

/** A value and its interval; the ends are null where the sample supports none. */
export interface Interval {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
}

/** Mean of n >= 2 independent values, its standard error and the half-width of its t interval. */
export function meanWithError(
  values: readonly number[],
  level = 0.95,
): { mean: number; standardError: number; halfWidth: number } {
  const standardError = sampleStandardDeviation(values as number[]) / Math.sqrt(values.length)
  const t = studentTQuantile((1 + level) / 2, values.length - 1)
  return { mean: mean(values as number[]), standardError, halfWidth: t * standardError }
}

/**
 * Student's t interval for the mean of independent values, mean +- t_{n-1} s / sqrt(n): one value
 * per replication or replay, as the requests of one run are not independent. One value, or an
 * infinite one, gives no interval; no value gives NaN.
 */
export function tInterval(values: readonly number[], level = 0.95): Interval {
  if (values.length === 0) return { value: Number.NaN, low: null, high: null }
  if (values.includes(Number.POSITIVE_INFINITY)) {
    return { value: Number.POSITIVE_INFINITY, low: null, high: null }
  }
  const value = mean(values as number[])
  if (values.length < 2) return { value, low: null, high: null }
  // the sum of equal values is rounded, which is no variance
  const [first] = values as [number]
  if (values.every((value) => value === first)) return { value: first, low: first, high: first }
  const { halfWidth } = meanWithError(values, level)
  return { value, low: value - halfWidth, high: value + halfWidth }
}

/** Interval for a share, from k of n trials; conservative (Clopper and Pearson 1934). */
export function clopperPearson(k: number, n: number, level = 0.95): Interval {
  if (n === 0) return { value: Number.NaN, low: null, high: null }
  const tail = (1 - level) / 2
  return {
    value: k / n,
    low: k === 0 ? 0 : betaQuantile(tail, k, n - k + 1),
    high: k === n ? 1 : betaQuantile(1 - tail, k + 1, n - k),
  }
}

/** An interval clipped to the possible values of a quantity, from 0 to `most`. */
export function within(interval: Interval, most = Number.POSITIVE_INFINITY): Interval {
  const { value, low, high } = interval
  return {
    value,
    low: low === null ? null : Math.max(0, low),
    high: high === null ? null : Math.min(most, high),
  }
}

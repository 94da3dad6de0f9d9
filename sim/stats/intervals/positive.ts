import { exp, log } from '../../kernel/index.ts'
import { type Interval, meanWithError, tInterval, within } from './interval.ts'

/**
 * Intervals of positive quantities, one value per replication or replay: t intervals on the log
 * scale, whose ends are a factor away from the value and never below zero. A quantity that was 0 in
 * some run has no logarithm, and may be 0: its interval is linear and ends at 0.
 */

/**
 * The mean of values that add up, such as parts of a time. The standard error of log(mean) is that
 * of the mean over the mean (delta method, Oehlert 1992).
 */
export function positiveMean(values: readonly number[], level = 0.95): Interval {
  if (!scatters(values)) return within(tInterval(values, level))
  const { mean, halfWidth } = meanWithError(values, level)
  return byFactor(mean, exp(halfWidth / mean))
}

/**
 * The geometric mean, for values of which one may be several times the others, such as percentiles:
 * exp of the t interval of the logarithms, which is exact for lognormal values (Limpert, Stahel and
 * Abbt 2001).
 */
export function geometricMean(values: readonly number[], level = 0.95): Interval {
  if (!scatters(values)) return within(tInterval(values, level))
  const { mean, halfWidth } = meanWithError(values.map(log), level)
  return byFactor(exp(mean), exp(halfWidth))
}

/**
 * The geometric mean of positive values, and the interval of one further value: t_{n-1} s
 * sqrt(1 + 1/n) either way on the log scale (Hahn and Meeker 1991, 4.2).
 */
export function furtherValue(values: readonly number[], level = 0.95): Interval {
  const { value, low, high } = geometricMean(values, level)
  const widening = Math.sqrt(values.length + 1)
  const widened = (end: number | null) => end && value * exp(widening * log(end / value))
  return { value, low: widened(low), high: widened(high) }
}

const byFactor = (value: number, factor: number): Interval => ({
  value,
  low: value / factor,
  high: value * factor,
})

/** Whether values have a scatter on the log scale: several, all positive, not all equal. */
function scatters(values: readonly number[]): boolean {
  const [first] = values
  const positive = values.every((value) => value > 0 && value < Number.POSITIVE_INFINITY)
  return positive && values.some((value) => value !== first)
}

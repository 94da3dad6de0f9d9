import { exp } from '../../kernel/index.ts'
import type { Interval } from './interval.ts'
import { studentTQuantile } from './student-t.ts'

/**
 * P-values of several tests, adjusted so that the chance of any false rejection is that of one test
 * (Holm 1979): reject each whose adjusted value is at most the level. In the given order.
 */
export function holmAdjusted(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!)
  const adjusted: number[] = []
  let before = 0
  for (const [rank, i] of order.entries()) {
    before = Math.max(before, Math.min(1, (values.length - rank) * values[i]!))
    adjusted[i] = before
  }
  return adjusted
}

/** The logarithm of a measured ratio, its standard error, and the degrees of freedom of that. */
export interface LogRatio {
  readonly log: number
  readonly error: number
  readonly df: number
}

/**
 * Ratios with intervals that hold 1 unless the ratio differs from 1 by Holm's test of all of them
 * together (Holm 1979): the k-th largest of m |t| is tested at (1 - level) / (m - k + 1), and from
 * the first one on that does not differ, none does. So of no difference at all, one or more are
 * found in at most 1 - level of all families. Each interval has the level of its test.
 */
export function holmRatios(
  ratios: readonly LogRatio[],
  level = 0.95,
): readonly (Interval & { readonly real: boolean })[] {
  const size = ({ log, error }: LogRatio) => (log === 0 ? 0 : Math.abs(log) / error)
  const order = ratios.map((_, i) => i).sort((a, b) => size(ratios[b]!) - size(ratios[a]!))
  const intervals: (Interval & { real: boolean })[] = []
  let tested = ratios.length
  let open = true
  for (const i of order) {
    const { log, error, df } = ratios[i]!
    const t = studentTQuantile(1 - (1 - level) / (2 * tested), df)
    const real = open && size(ratios[i]!) > t
    if (real) tested--
    else open = false
    const halfWidth = t * error
    intervals[i] = { value: exp(log), low: exp(log - halfWidth), high: exp(log + halfWidth), real }
  }
  return intervals
}

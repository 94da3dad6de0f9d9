import type { Estimate } from '../../documents/index.ts'
import { estimate, type Ratio } from '../../stats/index.ts'

/** The mean of a figure over runs, with its interval; `most`: its largest possible value. */
export function overRuns<R>(
  runs: readonly R[],
  figure: (run: R) => number,
  most?: number,
): Estimate {
  return estimate(runs.map(figure), runs.length, most)
}

/** Mean size of batches from their counts by size, 1, 2, …; NaN without any. */
export function batchMean(sizes: readonly number[]): number {
  const batches = sizes.reduce((sum, count) => sum + count, 0)
  return sizes.reduce((sum, count, i) => sum + count * (i + 1), 0) / batches
}

/** The mean of a share over runs, by all the items that it is a share of. */
export function shareOver(ratios: readonly Ratio[]): Estimate {
  const shares = ratios.map(({ part, of }) => part / of)
  const n = ratios.reduce((sum, { of }) => sum + of, 0)
  return estimate(shares, n, 1)
}

import type { Distribution, Percentiles } from '../../documents/index.ts'
import type { Figures } from '../recording/run-summary.ts'
import { estimate } from './estimate.ts'
import { PERCENTILES, percentileKey, supports, unsupportedReason } from './percentile.ts'

/**
 * PERCENTILES over runs of `n` requests each; null with a reason where a run has too few requests.
 */
export function percentiles(
  runs: readonly { n: number; values: readonly number[] }[],
): Percentiles {
  const total = runs.reduce((sum, { n }) => sum + n, 0)
  const perRun = Math.min(...runs.map(({ n }) => n))
  return Object.fromEntries(
    PERCENTILES.map((p, i) => [
      percentileKey(p),
      supports(perRun, p)
        ? estimate(
            runs.map(({ values }) => values[i]!),
            total,
          )
        : { value: null, low: null, high: null, n: total, reason: unsupportedReason(perRun, p) },
    ]),
  ) as Percentiles
}

/** Mean and PERCENTILES over runs. */
export function distribution(runs: readonly Figures[]): Distribution {
  const total = runs.reduce((sum, { n }) => sum + n, 0)
  return {
    mean: estimate(
      runs.map(({ mean }) => mean),
      total,
    ),
    percentiles: percentiles(runs.map(({ n, percentiles: values }) => ({ n, values }))),
  }
}

import type { Distribution, Estimate, Percentiles } from '../../documents/index.ts'
import type { Figures } from '../recording/run-summary.ts'
import { tInterval, within } from './interval.ts'
import { PERCENTILES, percentileKey, supports, unsupportedReason } from './percentile.ts'

/** Mean over runs with its t interval, from 0 to `most`; null where a run has no finite value. */
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

/** PERCENTILES over runs; null with a reason where a run has too few requests. */
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

import type { Distribution, Estimate, Percentiles } from '../../documents/index.ts'
import type { Figures } from '../recording/recorder-summary.ts'
import { within } from './interval.ts'
import { PERCENTILES, percentileKey, supports, unsupportedReason } from './percentile.ts'
import { geometricMean, positiveMean } from './positive.ts'

/** Mean over runs with its interval, up to `most`; null where a run has no finite value. */
export function estimate(
  values: readonly number[],
  n: number,
  most = Number.POSITIVE_INFINITY,
): Estimate {
  return finite(values, n) ?? { ...within(positiveMean(values), most), n }
}

/** A percentile over runs: their geometric mean with its interval; null as `estimate`. */
export function percentileEstimate(values: readonly number[], n: number): Estimate {
  return finite(values, n) ?? { ...geometricMean(values), n }
}

/** Why there is no estimate of these values; null where there is one. */
function finite(values: readonly number[], n: number): Estimate | null {
  if (values.every(Number.isFinite)) return null
  const lost = values.includes(Number.POSITIVE_INFINITY)
  const reason = lost ? 'so many requests were lost that it is infinite' : 'nothing was observed'
  return { value: null, low: null, high: null, n, reason }
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
        ? percentileEstimate(
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

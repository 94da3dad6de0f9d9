import {
  type Comparison,
  type PercentileComparison,
  type Verdict,
  worst,
} from '../../documents/index.ts'
import { percentileLabel } from '../../stats/index.ts'
import { grouped } from '../system/crowd.ts'

/** A check of a comparison: its verdict, and why. */
export type Check = Comparison['checks']['prediction']

/**
 * How many runs narrow the interval of the mean of these values to `margin` either way:
 * n = (2 s / margin)^2.
 */
export function neededRuns(values: readonly number[], mean: number, margin: number): number {
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const spread = Math.sqrt(squares / Math.max(1, values.length - 1))
  return Math.ceil(((2 * spread) / margin) ** 2)
}

/** With more runs than this, another machine or scenario tells sooner. */
const MOST_RUNS = 1000

/** How many further runs bring their number to `needed`: "about 4 more replays would tell". */
export function furtherRuns(present: number, needed: number, noun: 'replay' | 'round'): string {
  // negated so that NaN, where neither scatter nor tolerance is left, counts as too many
  if (!(needed <= MOST_RUNS)) {
    const remedy = 'choose longer service times or a quieter machine'
    return `more than ${grouped(MOST_RUNS)} ${noun}s would be needed: ${remedy}`
  }
  const further = Math.max(1, needed - present)
  return `about ${further} more ${noun}${further === 1 ? '' : 's'} would tell`
}

/** The worst verdict of percentiles, with a reason by the labels of those that have it. */
export function percentileCheck(
  judged: readonly { readonly p: number; readonly verdict: Verdict }[],
  reasons: Readonly<Record<Verdict, (labels: readonly string[]) => string>>,
): Pick<Check, 'verdict' | 'reason'> {
  const verdict = worst(judged.map((row) => row.verdict))
  const labels = judged.flatMap((row) => (row.verdict === verdict ? [percentileLabel(row.p)] : []))
  return { verdict, reason: reasons[verdict](labels) }
}

/** The largest relative error of a kind, over percentiles and replays. */
export function worstError(
  percentiles: readonly PercentileComparison[],
  of: 'structure' | 'prediction',
): Check['worst'] {
  const errors = percentiles.flatMap((row) => row[of].map((error) => ({ p: row.p, ...error })))
  if (errors.length === 0) return null
  const worst = errors.reduce((a, b) =>
    Math.abs(b.error_relative) > Math.abs(a.error_relative) ? b : a,
  )
  const { p, replay, error_ms, error_relative } = worst
  return { p, replay, error_ms, relative: error_relative }
}

/** An error of a simulated figure against one replay's. */
export function errorOf(replay: number, measured: number, simulated: number) {
  const error = simulated - measured
  return { replay, measured, simulated, error_ms: error, error_relative: error / measured }
}

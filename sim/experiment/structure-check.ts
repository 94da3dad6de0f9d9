import {
  noVerdictReason,
  PERCENTILES,
  type PercentileComparison,
  type ReplayError,
  tInterval,
} from '../stats/index.ts'
import { type Check, count, errorOf, worst, worstError } from './verdicts.ts'

/** Errors within the larger of these two pass. */
export const STRUCTURE_TOLERANCE = { relative: 0.01, absolute_ms: 0.03 } as const

export function structureTolerance(measured: number): number {
  const { relative, absolute_ms } = STRUCTURE_TOLERANCE
  return Math.max(relative * measured, absolute_ms)
}

/**
 * PASS where the whole interval of the mean error is within tolerance, FAIL where none of it is. A
 * replay that other programs spoiled cannot show a fault of the simulator.
 */
export function structureError(
  { replay, valid }: { readonly replay: number; readonly valid: boolean },
  measured: number,
  runs: readonly number[],
): ReplayError {
  const { value, low, high } = tInterval(runs)
  const tolerance = structureTolerance(measured)
  const inside = low! >= measured - tolerance && high! <= measured + tolerance
  const outside = high! < measured - tolerance || low! > measured + tolerance
  return {
    ...errorOf(replay, measured, value),
    low: low!,
    high: high!,
    verdict: inside ? 'PASS' : outside && valid ? 'FAIL' : 'UNDECIDED',
  }
}

/** The structure errors of every replay at every percentile that supports a verdict. */
export function structureCheck(percentiles: readonly PercentileComparison[], n: number): Check {
  const supported = percentiles.filter(({ verdicts }) => verdicts.structure !== null)
  const judged = supported.flatMap(({ p, structure }) => structure.map((one) => ({ p, ...one })))
  const verdict = worst(judged.map((one) => one.verdict))
  const bad = judged.filter((one) => one.verdict === verdict && verdict !== 'PASS')
  const limit = 'max(1 %, 30 µs)'
  const reason =
    judged.length === 0
      ? noVerdictReason(n, PERCENTILES[0])
      : verdict === 'PASS'
        ? `within ${limit} at every judged percentile of every replay`
        : verdict === 'FAIL'
          ? `beyond ${limit} in ${count(bad.length, 'case')} of ${judged.length}`
          : `the machine's noise leaves ${count(bad.length, 'case')} of ${judged.length} open at ${limit}; ` +
            moreReplays(supported)
  return { verdict, reason, worst: worstError(supported, 'structure') }
}

/**
 * How many replays narrow the interval of their mean error to what is left of the tolerance, at the
 * percentiles that are open: n = (2 s / left)^2. One replay has no spread, and two are too few.
 */
function moreReplays(percentiles: readonly PercentileComparison[]): string {
  const open = percentiles.filter(({ verdicts }) => verdicts.structure === 'UNDECIDED')
  const needed = open.map(({ structure }) => {
    const errors = structure.map(({ error_ms }) => error_ms)
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
    const squares = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0)
    const spread = Math.sqrt(squares / Math.max(1, errors.length - 1))
    const tolerance = Math.min(...structure.map(({ measured }) => structureTolerance(measured)))
    return Math.ceil(((2 * spread) / (tolerance - Math.abs(mean))) ** 2)
  })
  const most = Math.max(3, ...needed)
  return most < 1000 ? `about ${most} replays would tell` : 'a quieter machine would tell'
}

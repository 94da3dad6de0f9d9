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
            'replay on a quieter machine, or for longer'
  return { verdict, reason, worst: worstError(supported, 'structure') }
}

import type { Estimate, PercentileComparison, ReplayError, Verdict } from '../../documents/index.ts'
import { noVerdictReason, PERCENTILES, percentile } from '../../stats/index.ts'
import { difference } from './noise-floor.ts'
import { type Check, errorOf, neededRuns, percentileCheck, worstError } from './verdicts.ts'

/** Within the largest of these and the A/A difference. */
const TOLERANCE = { relative: 0.05, absolute_ms: 0.05 } as const
/** Where replays differ by more, a prediction as near as another replay has no verdict. */
const WIDEST_FLOOR = 0.2

/** Median over replications and the range of the middle 95 % of them. */
export function band(values: readonly number[], n: number): Estimate {
  const sorted = Float64Array.from(values).sort()
  return {
    value: percentile(sorted, 0.5),
    low: percentile(sorted, 0.025),
    high: percentile(sorted, 0.975),
    n,
  }
}

/**
 * Close enough passes; inside a band that is too wide to tell, or as near as replays that differ
 * widely, is undecided; else it fails.
 */
export function predictionError(
  replay: number,
  measured: number,
  predicted: Estimate,
  floor: number,
): ReplayError {
  const tolerance = Math.max(TOLERANCE.relative * measured, TOLERANCE.absolute_ms)
  const error = errorOf(replay, measured, predicted.value!)
  const inBand = measured >= predicted.low! && measured <= predicted.high!
  // the same measure as the floor's, or a replay would fail by exactly the difference of another
  const asReplays = difference(predicted.value!, measured) <= floor
  const close = Math.abs(error.error_ms) <= tolerance || (asReplays && floor <= WIDEST_FLOOR)
  return {
    ...error,
    low: predicted.low!,
    high: predicted.high!,
    verdict: close ? 'PASS' : inBand || asReplays ? 'UNDECIDED' : 'FAIL',
  }
}

/** The verdict of most replays. */
export function majority(errors: readonly ReplayError[]): Verdict {
  const tally = (verdict: Verdict) => errors.filter((one) => one.verdict === verdict).length
  if (tally('FAIL') > errors.length / 2) return 'FAIL'
  return tally('PASS') > errors.length / 2 ? 'PASS' : 'UNDECIDED'
}

/** The predictions of every percentile that supports a verdict. */
export function predictionCheck(percentiles: readonly PercentileComparison[], n: number): Check {
  const judged = percentiles.filter(({ verdicts }) => verdicts.prediction !== null)
  const verdicts = judged.map(({ p, verdicts }) => ({ p, verdict: verdicts.prediction! }))
  return {
    ...percentileCheck(verdicts, {
      PASS: () =>
        'most replays within max(5 %, 50 µs, an A/A difference of at most 20 %) at every judged percentile',
      FAIL: (labels) =>
        `most replays outside the band and further off than two replays are, at ${labels.join(', ')}`,
      UNDECIDED: (labels) =>
        judged.length === 0
          ? noVerdictReason(n, PERCENTILES[0], 'in each replay')
          : `replays differ too much to tell at ${labels.join(', ')}; ${moreReplays(judged)}`,
    }),
    worst: worstError(judged, 'prediction'),
  }
}

/** How many replays bring the interval of their mean down to the tolerance. */
function moreReplays(judged: readonly PercentileComparison[]): string {
  const needed = judged.map(({ each, measured }) => {
    const mean = measured.value ?? 0
    const tolerance = Math.max(TOLERANCE.relative * mean, TOLERANCE.absolute_ms)
    return neededRuns(
      each.map(({ value }) => value),
      mean,
      tolerance,
    )
  })
  return `about ${Math.max(2, ...needed)} replays would tell`
}

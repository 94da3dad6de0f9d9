import {
  type PercentileComparison,
  type ReplayError,
  type Verdict,
  worst,
} from '../../documents/index.ts'
import { furtherValue, noVerdictReason, PERCENTILES, tInterval } from '../../stats/index.ts'
import { LATENCY, limitText, type Tolerance, toleranceAt } from './measures.ts'
import {
  type Check,
  errorOf,
  furtherRuns,
  neededRuns,
  percentileCheck,
  worstError,
} from './verdicts.ts'

/** Of the interval within which a run of the same machine lies. */
const LEVEL = 0.99

/**
 * The error of one replay against simulations of its own machine. They scatter, since overheads are
 * drawn, and the replay is one such draw itself: so their interval is that of a further run. PASS
 * where all of it is within tolerance, FAIL where none of it is.
 */
export function structureError(
  replay: number,
  measured: number,
  runs: readonly number[],
  tolerated: Tolerance = LATENCY.structure,
): ReplayError {
  const { value, low, high } = furtherValue(runs, LEVEL)
  if (low === null || high === null) throw new Error('Expected two simulations or more')
  const tolerance = toleranceAt(tolerated, measured)
  const inside = low >= measured - tolerance && high <= measured + tolerance
  const outside = high < measured - tolerance || low > measured + tolerance
  return {
    ...errorOf(replay, measured, value),
    low,
    high,
    verdict: inside ? 'PASS' : outside ? 'FAIL' : 'UNDECIDED',
  }
}

/** An error as a multiple of what is tolerated: replays with a slow spell weigh no more. */
const ofTolerance =
  (tolerated: Tolerance) =>
  ({ error_ms, measured }: ReplayError) =>
    error_ms / toleranceAt(tolerated, measured)

/**
 * Of all replays at one percentile: FAIL where one of them is off by more than its own noise; else
 * by the t interval of their mean error, in which the noise of single replays averages out.
 */
export function structureVerdict(
  errors: readonly ReplayError[],
  tolerated: Tolerance = LATENCY.structure,
): Verdict {
  if (errors.some(({ verdict }) => verdict === 'FAIL')) return 'FAIL'
  const { low, high } = tInterval(errors.map(ofTolerance(tolerated)))
  if (low === null || high === null) return worst(errors.map(({ verdict }) => verdict))
  if (low >= -1 && high <= 1) return 'PASS'
  return low > 1 || high < -1 ? 'FAIL' : 'UNDECIDED'
}

/** The structure errors of every percentile that supports a verdict. */
export function structureCheck(
  percentiles: readonly PercentileComparison[],
  n: number,
  tolerated: Tolerance = LATENCY.structure,
): Check {
  const judged = percentiles.filter(({ verdicts }) => verdicts.structure !== null)
  const verdicts = judged.map(({ p, verdicts }) => ({ p, verdict: verdicts.structure! }))
  const limit = limitText(tolerated)
  return {
    ...percentileCheck(verdicts, {
      PASS: () => `the mean error is within ${limit} at every judged percentile`,
      FAIL: (labels) =>
        `off by more than ${limit} and than noise explains, at ${labels.join(', ')}`,
      UNDECIDED: (labels) =>
        judged.length === 0
          ? noVerdictReason(n, PERCENTILES[0], 'in each replay')
          : `noise leaves open whether the error is within ${limit} at ${labels.join(', ')}; ` +
            moreReplays(judged, tolerated),
    }),
    worst: worstError(judged, 'structure'),
  }
}

/**
 * How many replays narrow the interval of their mean error to the rest of the tolerance, at the
 * undecided percentiles. One replay has no spread, and two are too few.
 */
function moreReplays(percentiles: readonly PercentileComparison[], tolerated: Tolerance): string {
  const open = percentiles.filter(({ verdicts }) => verdicts.structure === 'UNDECIDED')
  const needed = open.map(({ structure }) => {
    const errors = structure.map(ofTolerance(tolerated))
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length
    return neededRuns(errors, mean, 1 - Math.abs(mean))
  })
  return furtherRuns(open[0]!.structure.length, Math.max(3, ...needed), 'replay')
}

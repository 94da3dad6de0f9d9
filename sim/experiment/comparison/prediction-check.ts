import type {
  ControlKernel,
  Estimate,
  PercentileComparison,
  ReplayError,
  Verdict,
} from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'
import {
  geometricMean,
  noVerdictReason,
  PERCENTILES,
  percentile,
  percentileLabel,
} from '../../stats/index.ts'
import { causesText } from './error-causes.ts'
import { difference } from './noise-floor.ts'
import {
  type Check,
  errorOf,
  furtherRuns,
  neededRuns,
  percentileCheck,
  worstError,
} from './verdicts.ts'

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

/** Geometric mean over replications, as of replays, and the range of the middle 95 % of them. */
export function prediction(values: readonly number[], n: number): Estimate {
  return { ...band(values, n), value: geometricMean(values).value }
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
function majority(errors: readonly ReplayError[]): Verdict {
  const tally = (verdict: Verdict) => errors.filter((error) => error.verdict === verdict).length
  if (tally('FAIL') > errors.length / 2) return 'FAIL'
  return tally('PASS') > errors.length / 2 ? 'PASS' : 'UNDECIDED'
}

/** A percentile of some replays and its prediction. */
interface PredictedPercentile {
  readonly errors: readonly ReplayError[]
  readonly simulated: Pick<Estimate, 'value'>
  readonly measured: Pick<Estimate, 'value' | 'low' | 'high'>
  readonly split: PercentileComparison['split']
}

/**
 * The verdict of most replays. It takes two of them to fail, since one shows no noise, and the mean
 * of all: a prediction inside its interval may be right. An error that is close without its drift
 * is the machine's.
 */
export function predictionVerdict(of: PredictedPercentile): Verdict {
  const verdict = majority(of.errors)
  if (verdict !== 'FAIL') return verdict
  return of.errors.length < 2 || inMeasured(of) || isDrift(of) ? 'UNDECIDED' : 'FAIL'
}

/** Whether the prediction is inside the interval of the replays' mean. */
function inMeasured(of: Pick<PredictedPercentile, 'simulated' | 'measured'>): boolean {
  const { low, high } = of.measured
  const value = of.simulated.value!
  return low !== null && high !== null && value >= low && value <= high
}

/** Whether the error is close without its drift. */
function isDrift({ split, measured }: PredictedPercentile): boolean {
  if (split === null || split.drift === null) return false
  const withoutDrift = Math.abs(split.structure + split.service_model + split.noise)
  return withoutDrift <= Math.max(TOLERANCE.relative, TOLERANCE.absolute_ms / measured.value!)
}

/** Errors of single replays, without their verdicts. */
export const undecided = (errors: readonly ReplayError[]): ReplayError[] =>
  errors.map((error) => ({ ...error, verdict: 'UNDECIDED' }))

/** The figures of a percentile that support no verdict on its prediction. */
export function unpredicted<Row extends Pick<PercentileComparison, 'prediction' | 'verdicts'>>(
  row: Row,
): Row {
  const verdicts = { ...row.verdicts, prediction: null }
  return { ...row, prediction: undecided(row.prediction), verdicts }
}

/** The predictions of every percentile that supports a verdict. */
export function predictionCheck(
  percentiles: readonly PercentileComparison[],
  n: number,
  control: ControlKernel,
): Check {
  const judged = percentiles.filter(({ verdicts }) => verdicts.prediction !== null)
  const verdicts = judged.map(({ p, verdicts }) => ({ p, verdict: verdicts.prediction! }))
  const check = percentileCheck(verdicts, {
    PASS: () =>
      'most replays within max(5 %, 50 µs, an A/A difference of at most 20 %) at every judged percentile',
    FAIL: (labels) =>
      `most replays outside the band and further off than two replays are, at ${labels.join(', ')}`,
    UNDECIDED: () =>
      judged.length === 0
        ? noVerdictReason(n, PERCENTILES[0], 'in each replay')
        : openReason(judged.filter(({ verdicts }) => verdicts.prediction === 'UNDECIDED')),
  })
  const off = judged.filter((row) => row.verdicts.prediction === check.verdict && isOff(row))
  const causes = check.verdict === 'PASS' ? '' : causesText(off, control)
  return {
    verdict: check.verdict,
    reason: causes === '' ? check.reason : `${check.reason}; largest part of the error ${causes}`,
    worst: worstError(judged, 'prediction'),
  }
}

/** Whether the mean error is beyond the tolerance. */
function isOff({ simulated, measured }: PercentileComparison): boolean {
  const tolerance = Math.max(TOLERANCE.relative * measured.value!, TOLERANCE.absolute_ms)
  return Math.abs(simulated.value! - measured.value!) > tolerance
}

/** Why percentiles are undecided: replays scatter, or the band of single runs is wide. */
function openReason(open: readonly PercentileComparison[]): string {
  const limit = 'max(5 %, 50 µs)'
  const present = open[0]!.prediction.length
  const failed = open.filter((row) => majority(row.prediction) === 'FAIL' && !inMeasured(row))
  if (failed.length > 0) {
    const off = `off by more than ${limit} at ${failed.map(({ p }) => percentileLabel(p)).join(', ')}`
    return present < 2
      ? `${off}; one replay shows no noise, replay at least twice`
      : `${off}, but close without the drift of the machine; rehearse again`
  }
  const scattered = open.filter((row) => neededReplays(row) > present)
  const labels = (scattered.length > 0 ? scattered : open).map(({ p }) => percentileLabel(p))
  const at = labels.join(', ')
  if (scattered.length === 0) {
    return `off by more than ${limit}, but inside the band of single runs, at ${at}; a longer duration_s narrows it`
  }
  const further = furtherRuns(present, Math.max(...scattered.map(neededReplays)), 'replay')
  return `noise leaves open whether the error is within ${limit} at ${at}; ${further}`
}

/**
 * How many replays bring the interval of their mean down to the tolerance. One replay has no
 * spread, and two are too few.
 */
function neededReplays({ prediction, measured }: PercentileComparison): number {
  const mean = measured.value!
  const tolerance = Math.max(TOLERANCE.relative, TOLERANCE.absolute_ms / mean)
  const logs = prediction.map((error) => log(error.measured / mean))
  return Math.max(3, neededRuns(logs, 0, tolerance))
}

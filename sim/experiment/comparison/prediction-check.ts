import type {
  ControlKernel,
  Estimate,
  PercentileComparison,
  ReplayError,
  Verdict,
} from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'
import { noVerdictReason, PERCENTILES, percentile, percentileLabel } from '../../stats/index.ts'
import { changedMachineText } from './changed-machine.ts'
import { causesText } from './error-causes.ts'
import { isBeyond, jointDifference, type Ranged } from './joint-interval.ts'
import { LATENCY, limitText, type Measure, type Tolerance, toleranceAt } from './measures.ts'
import { difference } from './noise-floor.ts'
import { saturationText } from './saturation.ts'
import {
  type Check,
  errorOf,
  furtherRuns,
  neededRuns,
  percentileCheck,
  worstError,
} from './verdicts.ts'

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
 * widely, is undecided; else it fails. `wide`: the band with what is not known of inputs. Close
 * enough is within the larger of `tolerated` and the A/A difference.
 */
export function predictionError(
  replay: number,
  measured: number,
  { simulated, wide }: { readonly simulated: Estimate; readonly wide: Ranged },
  floor: number,
  tolerated: Tolerance = LATENCY.prediction,
): ReplayError {
  const tolerance = toleranceAt(tolerated, measured)
  const error = errorOf(replay, measured, simulated.value!)
  const { low, high } = wide
  const inBand = !(low !== null && measured < low) && !(high !== null && measured > high)
  // the same measure as the floor's, or a replay would fail by exactly the difference of another
  const asReplays = difference(simulated.value!, measured) <= floor
  const close = Math.abs(error.error_ms) <= tolerance || (asReplays && floor <= WIDEST_FLOOR)
  return {
    ...error,
    low: simulated.low!,
    high: simulated.high!,
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
type PredictedPercentile = Pick<PercentileComparison, 'simulated' | 'with_inputs' | 'split'> & {
  readonly errors: readonly ReplayError[]
  readonly measured: Ranged
  /** whether the machine is another than that of the profile, by the control kernel */
  readonly changed: boolean
  /** by default that of a latency */
  readonly tolerated?: Tolerance
}

/**
 * The verdict of most replays. It takes two of them to fail, since one shows no noise, and an error
 * that the intervals of both sides do not explain, on the machine that the profile was recorded on.
 * An error that is close without its drift is the machine's.
 */
export function predictionVerdict(of: PredictedPercentile): Verdict {
  const verdict = majority(of.errors)
  if (verdict !== 'FAIL') return verdict
  const shown = of.errors.length >= 2 && isUnexplained(of)
  return !shown || of.changed || isDrift(of) ? 'UNDECIDED' : 'FAIL'
}

/** Whether the mean of all replays is off by more than the tolerance by both intervals. */
function isUnexplained({
  tolerated,
  ...of
}: Pick<PredictedPercentile, 'simulated' | 'with_inputs' | 'measured' | 'tolerated'>): boolean {
  const error = jointDifference({ ...of.simulated, ...of.with_inputs }, of.measured)
  return isBeyond(error, relativeTolerance(of.measured.value!, tolerated))
}

/** The tolerance as a share of the measured time. */
const relativeTolerance = (measured: number, tolerated: Tolerance = LATENCY.prediction) =>
  toleranceAt(tolerated, measured) / measured

/** Whether the error is close without its drift. */
function isDrift({
  split,
  measured,
  tolerated,
}: Pick<PredictedPercentile, 'split' | 'measured' | 'tolerated'>): boolean {
  if (split === null || split.drift === null) return false
  const withoutDrift = Math.abs(split.structure + split.service_model + split.noise)
  return withoutDrift <= relativeTolerance(measured.value!, tolerated)
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
  measure: Measure = LATENCY,
): Check {
  const limit = limitText(measure.prediction)
  const within = `${limit.slice(0, -1)}, an A/A difference of at most 20 %)`
  const judged = percentiles.filter(({ verdicts }) => verdicts.prediction !== null)
  const verdicts = judged.map(({ p, verdicts }) => ({ p, verdict: verdicts.prediction! }))
  const check = percentileCheck(verdicts, {
    PASS: () => `most replays within ${within} at every judged percentile`,
    FAIL: (labels) =>
      `most replays outside the band and further off than two replays are, at ${labels.join(', ')}`,
    UNDECIDED: () =>
      judged.length === 0
        ? noVerdictReason(n, PERCENTILES[0], 'in each replay')
        : openReason(
            judged.filter(({ verdicts }) => verdicts.prediction === 'UNDECIDED'),
            changedMachineText(control),
            measure,
          ),
  })
  const off = judged.filter(
    (row) => row.verdicts.prediction === check.verdict && isOff(row, measure),
  )
  const causes = check.verdict === 'PASS' ? '' : causesText(off, control)
  return {
    verdict: check.verdict,
    reason: causes === '' ? check.reason : `${check.reason}; largest part of the error ${causes}`,
    worst: worstError(judged, 'prediction'),
  }
}

/** Whether the mean error is beyond the tolerance. */
function isOff({ simulated, measured }: PercentileComparison, { prediction }: Measure): boolean {
  const tolerance = toleranceAt(prediction, measured.value!)
  return Math.abs(simulated.value! - measured.value!) > tolerance
}

/**
 * Why percentiles are undecided: one replay shows no noise, the machine has changed, replays
 * scatter, or the band of a next run is wide.
 */
function openReason(
  open: readonly PercentileComparison[],
  changed: string | null,
  { prediction: tolerated, title }: Measure,
): string {
  const limit = limitText(tolerated)
  const present = open[0]!.prediction.length
  const off = (rows: readonly PercentileComparison[]) =>
    `off by more than ${limit} at ${rows.map(({ p }) => percentileLabel(p)).join(', ')}`
  const failed = open.filter(({ prediction }) => majority(prediction) === 'FAIL')
  if (failed.length > 0 && present < 2) {
    return `${off(failed)}; one replay shows no noise, replay at least twice`
  }
  const unexplained = failed.filter((row) => isUnexplained({ ...row, tolerated }))
  if (unexplained.length > 0) {
    const close = 'close without the drift of the machine; rehearse again'
    const reason = unexplained.some((row) => isDrift({ ...row, tolerated }))
      ? close
      : (changed ?? close)
    return `${off(unexplained)}, but ${reason}`
  }
  const saturated = saturationText(open, `the ${title}`)
  const first = saturated === null ? '' : `${saturated}: lower the load; `
  const scattered = open.filter((row) => neededReplays(row, tolerated) > present)
  const labels = (scattered.length > 0 ? scattered : open).map(({ p }) => percentileLabel(p))
  const at = labels.join(', ')
  if (scattered.length === 0) {
    const inside = failed.length > 0 ? 'intervals of both sides' : 'band of a next run'
    return `${first}off by more than ${limit}, but inside the ${inside}, at ${at}; a longer duration_s narrows it`
  }
  const needed = scattered.map((row) => neededReplays(row, tolerated))
  const further = furtherRuns(present, Math.max(...needed), 'replay')
  return `${first}noise leaves open whether the error is within ${limit} at ${at}; ${further}`
}

/**
 * How many replays bring the interval of their mean down to the tolerance. One replay has no
 * spread, and two are too few.
 */
function neededReplays({ prediction, measured }: PercentileComparison, tolerated: Tolerance) {
  const mean = measured.value!
  const tolerance = relativeTolerance(mean, tolerated)
  const logs = prediction.map((error) => log(error.measured / mean))
  return Math.max(3, neededRuns(logs, 0, tolerance))
}

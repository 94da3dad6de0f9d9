import { median } from 'simple-statistics'
import { stream } from '../kernel/index.ts'
import { OUTCOME, type ServingPlan } from '../serving/index.ts'
import {
  blockBootstrap,
  type Comparison,
  type Estimate,
  noVerdictReason,
  PERCENTILES,
  type PercentileComparison,
  percentile,
  percentileLabel,
  type ReplayError,
  type Rows,
  supports,
  supportsVerdict,
  tInterval,
  type Verdict,
  within,
} from '../stats/index.ts'
import type { RequestList } from '../traffic/index.ts'
import { type ExecutorWork, type ObservedRun, simulateStructure } from './structure.ts'
import { spoiled } from './validity.ts'

/** Simulations of one replay under its own machine; they differ in the overheads drawn. */
const STRUCTURE_RUNS = 20
/** Structure: errors within the larger of these two pass (design/quality-bars). */
export const STRUCTURE_TOLERANCE = { relative: 0.01, absolute_ms: 0.03 } as const
/** Prediction: within the largest of these and the A/A difference. */
const PREDICTION_TOLERANCE = { relative: 0.05, absolute_ms: 0.05 } as const

export interface ComparisonInput {
  readonly plan: ServingPlan
  readonly requests: RequestList
  readonly replays: readonly ObservedRun[]
  readonly work: readonly ExecutorWork[]
  /** predicted PERCENTILES of each replication under the profile, over the same requests */
  readonly predictions: readonly (readonly number[])[]
  readonly warmupMs: number
  readonly durationMs: number
  readonly seed: number
  readonly onProgress?: (done: number, of: number) => void
}

/** Latencies of the served requests after the warm-up, ascending, and in order of arrival. */
export function latenciesOf(rows: Rows, warmupMs: number) {
  const { at, done, outcome } = rows.columns
  const keys = Array.from(at.keys()).filter(
    (key) => at[key]! >= warmupMs && outcome[key] === OUTCOME.served && done[key]! >= 0,
  )
  keys.sort((a, b) => at[a]! - at[b]!)
  const values = Float64Array.from(keys, (key) => done[key]! - at[key]!)
  return { at: Float64Array.from(keys, (key) => at[key]!), values, sorted: values.slice().sort() }
}

/** Structure error, prediction and noise floor, for each percentile that the replays support. */
export function compareRuns(
  input: ComparisonInput,
): Pick<Comparison, 'percentiles' | 'checks' | 'verdict' | 'tolerance'> {
  const measured = input.replays.map(({ rows }) => latenciesOf(rows, input.warmupMs))
  const n = Math.min(...measured.map(({ values }) => values.length))
  const supported = PERCENTILES.filter((p) => supports(n, p))
  const intervals = measured.map((run, replay) => {
    const random = stream(input.seed, replay, 'bootstrap')
    const window = { from: input.warmupMs, to: input.durationMs }
    return blockBootstrap({ ...run, ...window }, supported, { random: () => random.uniform() })
  })
  const structure = simulateAll(input)
  const valid = input.replays.map((run) => spoiled(run) === null)
  const percentiles = supported.map((p, i): PercentileComparison => {
    const values = measured.map(({ sorted }) => percentile(sorted, p))
    const floor = noiseFloor(values)
    const predicted = input.predictions.map((run) => run[PERCENTILES.indexOf(p)]!)
    const structureErrors = values.map((value, replay) =>
      structureError(
        { replay, valid: valid[replay]! },
        value,
        structure[replay]!.map((run) => percentile(run, p)),
      ),
    )
    const predictionErrors = values.map((value, replay) =>
      predictionError(replay, value, band(predicted, n), floor.median ?? 0),
    )
    return {
      p,
      n,
      simulated: band(predicted, n),
      measured: { ...within(tInterval(values)), n },
      each: values.map((value, replay) => {
        const { low, high } = intervals[replay]![i]!
        return { replay, value, low, high }
      }),
      structure: structureErrors,
      prediction: predictionErrors,
      verdicts: {
        structure: worst(structureErrors.map((one) => one.verdict)),
        prediction: supportsVerdict(n, p) ? majority(predictionErrors) : null,
      },
      noise_floor: floor,
    }
  })
  const checks = {
    structure: structureCheck(percentiles, n),
    prediction: predictionCheck(percentiles, n),
    noise_floor: noiseCheck(percentiles),
  }
  const verdicts = [checks.structure.verdict, checks.prediction.verdict]
  return { percentiles, checks, verdict: worst(verdicts), tolerance: STRUCTURE_TOLERANCE }
}

function simulateAll(input: ComparisonInput): Float64Array[][] {
  const of = input.replays.length * STRUCTURE_RUNS
  return input.replays.map((replay, i) =>
    Array.from({ length: STRUCTURE_RUNS }, (_, replication) => {
      const { rows: observed, timers } = replay
      const rows = simulateStructure({ ...input, rows: observed, timers, replication })
      input.onProgress?.(i * STRUCTURE_RUNS + replication + 1, of)
      return latenciesOf(rows, input.warmupMs).sorted
    }),
  )
}

/** Median over replications and the range of the middle 95 % of them. */
function band(values: readonly number[], n: number): Estimate {
  const sorted = Float64Array.from(values).sort()
  return {
    value: percentile(sorted, 0.5),
    low: percentile(sorted, 0.025),
    high: percentile(sorted, 0.975),
    n,
  }
}

/** Relative differences of any two replays: what a perfect simulator could not do better than. */
function noiseFloor(values: readonly number[]): PercentileComparison['noise_floor'] {
  const pairs = values.flatMap((a, i) => values.slice(i + 1).map((b) => difference(a, b)))
  if (pairs.length === 0) return { median: null, largest: null, pairs: 0 }
  return { median: median(pairs), largest: Math.max(...pairs), pairs: pairs.length }
}

const difference = (a: number, b: number) => Math.abs(a - b) / ((a + b) / 2)

function errorOf(replay: number, measured: number, simulated: number) {
  const error = simulated - measured
  return { replay, measured, simulated, error_ms: error, error_relative: error / measured }
}

/**
 * PASS where the whole interval of the mean error is within tolerance, FAIL where none of it is. A
 * replay that other programs spoiled cannot show a fault of the simulator.
 */
function structureError(
  { replay, valid }: { replay: number; valid: boolean },
  measured: number,
  runs: readonly number[],
): ReplayError {
  const { value, low, high } = tInterval(runs)
  const { relative, absolute_ms } = STRUCTURE_TOLERANCE
  const tolerance = Math.max(relative * measured, absolute_ms)
  const inside = low! >= measured - tolerance && high! <= measured + tolerance
  const outside = high! < measured - tolerance || low! > measured + tolerance
  return {
    ...errorOf(replay, measured, value),
    low: low!,
    high: high!,
    verdict: inside ? 'PASS' : outside && valid ? 'FAIL' : 'UNDECIDED',
  }
}

/** Close enough passes; inside a band that is too wide to tell is undecided; outside it fails. */
function predictionError(
  replay: number,
  measured: number,
  predicted: Estimate,
  floor: number,
): ReplayError {
  const { relative, absolute_ms } = PREDICTION_TOLERANCE
  const tolerance = Math.max(relative * measured, absolute_ms)
  const error = errorOf(replay, measured, predicted.value!)
  const inBand = measured >= predicted.low! && measured <= predicted.high!
  // the same measure as the floor's, or a replay would fail by exactly the difference of another
  const close =
    Math.abs(error.error_ms) <= tolerance || difference(predicted.value!, measured) <= floor
  return {
    ...error,
    low: predicted.low!,
    high: predicted.high!,
    verdict: close ? 'PASS' : inBand ? 'UNDECIDED' : 'FAIL',
  }
}

/** The verdict of most replays. */
function majority(errors: readonly ReplayError[]): Verdict {
  const tally = (verdict: Verdict) => errors.filter((one) => one.verdict === verdict).length
  if (tally('FAIL') > errors.length / 2) return 'FAIL'
  return tally('PASS') > errors.length / 2 ? 'PASS' : 'UNDECIDED'
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('FAIL')) return 'FAIL'
  return verdicts.includes('UNDECIDED') || verdicts.length === 0 ? 'UNDECIDED' : 'PASS'
}

type Check = Comparison['checks']['structure']

function worstError(percentiles: readonly PercentileComparison[], of: 'structure' | 'prediction') {
  const errors = percentiles.flatMap((one) => one[of].map((error) => ({ p: one.p, ...error })))
  if (errors.length === 0) return null
  const worst = errors.reduce((a, b) =>
    Math.abs(b.error_relative) > Math.abs(a.error_relative) ? b : a,
  )
  const { p, replay, error_ms, error_relative } = worst
  return { p, replay, error_ms, relative: error_relative }
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`

function structureCheck(percentiles: readonly PercentileComparison[], n: number): Check {
  const judged = percentiles.flatMap(({ p, structure }) => structure.map((one) => ({ p, ...one })))
  const verdict = worst(judged.map((one) => one.verdict))
  const bad = judged.filter((one) => one.verdict === verdict && verdict !== 'PASS')
  const limit = 'max(1 %, 30 µs)'
  const reason =
    judged.length === 0
      ? noVerdictReason(n, PERCENTILES[0])
      : verdict === 'PASS'
        ? `within ${limit} at every supported percentile of every replay`
        : verdict === 'FAIL'
          ? `beyond ${limit} in ${count(bad.length, 'case')} of ${judged.length}`
          : `the machine's noise leaves ${count(bad.length, 'case')} of ${judged.length} open at ${limit}; ` +
            'replay on a quieter machine, or for longer'
  return { verdict, reason, worst: worstError(percentiles, 'structure') }
}

function predictionCheck(percentiles: readonly PercentileComparison[], n: number): Check {
  const judged = percentiles.filter(({ verdicts }) => verdicts.prediction !== null)
  const verdict = worst(judged.map(({ verdicts }) => verdicts.prediction!))
  const named = judged
    .filter(({ verdicts }) => verdicts.prediction === verdict)
    .map(({ p }) => percentileLabel(p))
    .join(', ')
  const reason =
    judged.length === 0
      ? noVerdictReason(n, PERCENTILES[0])
      : verdict === 'PASS'
        ? 'most replays within max(5 %, 50 µs, the A/A difference) at every judged percentile'
        : verdict === 'FAIL'
          ? `most replays outside the band and further off than two replays are, at ${named}`
          : `replays differ too much to tell at ${named}; ${moreReplays(judged)}`
  return { verdict, reason, worst: worstError(judged, 'prediction') }
}

/** How many replays bring the interval of their mean down to the tolerance: n = (2 s / tol)^2. */
function moreReplays(judged: readonly PercentileComparison[]): string {
  const needed = judged.map(({ each, measured }) => {
    const mean = measured.value ?? 0
    const spread = Math.sqrt(
      each.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / Math.max(1, each.length - 1),
    )
    const tolerance = Math.max(
      PREDICTION_TOLERANCE.relative * mean,
      PREDICTION_TOLERANCE.absolute_ms,
    )
    return Math.ceil(((2 * spread) / tolerance) ** 2)
  })
  return `about ${Math.max(2, ...needed)} replays would tell`
}

function noiseCheck(percentiles: readonly PercentileComparison[]): Check {
  const floors = percentiles.filter(({ noise_floor }) => noise_floor.median !== null)
  if (floors.length === 0) {
    const reason = 'one replay has nothing to be compared with; replay at least twice'
    return { verdict: 'UNDECIDED', reason, worst: null }
  }
  const largest = floors.reduce((a, b) => (b.noise_floor.median! > a.noise_floor.median! ? b : a))
  const percent = (100 * largest.noise_floor.median!).toPrecision(2)
  const label = percentileLabel(largest.p)
  return {
    verdict: 'PASS',
    reason: `two replays of the same requests differ by ${percent} % at ${label}, in the median`,
    worst: null,
  }
}

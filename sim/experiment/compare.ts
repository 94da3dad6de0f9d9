import { stream } from '../kernel/index.ts'
import { OUTCOME, type ServingPlan } from '../serving/index.ts'
import {
  blockBootstrap,
  type Comparison,
  PERCENTILES,
  type PercentileComparison,
  percentile,
  type Rows,
  supports,
  supportsVerdict,
  tInterval,
  within,
} from '../stats/index.ts'
import type { RequestList } from '../traffic/index.ts'
import { noiseCheck, noiseFloor } from './noise-floor.ts'
import { band, majority, predictionCheck, predictionError } from './prediction-check.ts'
import { type ExecutorWork, type ObservedRun, structureSimulator } from './structure.ts'
import {
  STRUCTURE_TOLERANCE,
  structureCheck,
  structureError,
  structureTolerance,
} from './structure-check.ts'
import { spoiled } from './validity.ts'
import { worst } from './verdicts.ts'

/** Simulations of one replay under its own machine; they differ in the overheads drawn. */
const STRUCTURE_RUNS = 20
/** Where those leave a verdict open, their number is doubled, up to so many. */
const MOST_STRUCTURE_RUNS = 80

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
export function compareRuns(input: ComparisonInput): Pick<
  Comparison,
  'percentiles' | 'tolerance'
> & {
  readonly checks: Pick<Comparison['checks'], 'structure' | 'prediction' | 'noise_floor'>
} {
  const measured = input.replays.map(({ rows }) => latenciesOf(rows, input.warmupMs))
  const n = Math.min(...measured.map(({ values }) => values.length))
  const supported = PERCENTILES.filter((p) => supports(n, p))
  const intervals = measured.map((run, replay) => {
    const random = stream(input.seed, replay, 'bootstrap')
    const window = { from: input.warmupMs, to: input.durationMs }
    return blockBootstrap({ ...run, ...window }, supported, { random: () => random.uniform() })
  })
  const figures = measured.map(({ sorted }) => supported.map((p) => percentile(sorted, p)))
  const structure = simulateAll(input, supported, figures, n)
  const valid = input.replays.map((run) => spoiled(run) === null)
  const percentiles = supported.map((p, i): PercentileComparison => {
    const values = figures.map((of) => of[i]!)
    const floor = noiseFloor(values)
    const predicted = band(
      input.predictions.map((run) => run[PERCENTILES.indexOf(p)]!),
      n,
    )
    const structureErrors = values.map((value, replay) =>
      structureError(
        { replay, valid: valid[replay]! },
        value,
        structure[replay]!.map((run) => run[i]!),
      ),
    )
    const predictionErrors = values.map((value, replay) =>
      predictionError(replay, value, predicted, floor.median ?? 0),
    )
    const judged = supportsVerdict(n, p)
    return {
      p,
      n,
      simulated: predicted,
      measured: { ...within(tInterval(values)), n },
      each: values.map((value, replay) => {
        const { low, high } = intervals[replay]![i]!
        return { replay, value, low, high }
      }),
      structure: structureErrors,
      prediction: predictionErrors,
      verdicts: {
        structure: judged ? worst(structureErrors.map((one) => one.verdict)) : null,
        prediction: judged ? majority(predictionErrors) : null,
      },
      noise_floor: floor,
    }
  })
  const checks = {
    structure: structureCheck(percentiles, n),
    prediction: predictionCheck(percentiles, n),
    noise_floor: noiseCheck(percentiles),
  }
  return { percentiles, checks, tolerance: STRUCTURE_TOLERANCE }
}

/**
 * Percentiles of simulations of every replay, [replay][run][percentile]. Where their interval lies
 * across the limit of the tolerance, more are run: what is left open then is open for good.
 */
function simulateAll(
  input: ComparisonInput,
  supported: readonly number[],
  measured: readonly (readonly number[])[],
  n: number,
): number[][][] {
  const of = input.replays.length
  return input.replays.map(({ rows, timers }, replay) => {
    const runs: number[][] = []
    const open = () =>
      supported.some((p, i) => {
        if (!supportsVerdict(n, p)) return false
        const value = measured[replay]![i]!
        const { low, high } = tInterval(runs.map((run) => run[i]!))
        const limits = [-1, 1].map((sign) => value + sign * structureTolerance(value))
        return limits.some((limit) => low! < limit && limit < high!)
      })
    const simulate = structureSimulator({ ...input, rows, timers })
    for (let wanted = STRUCTURE_RUNS; wanted <= MOST_STRUCTURE_RUNS; wanted *= 2) {
      while (runs.length < wanted) {
        const { sorted } = latenciesOf(simulate(runs.length), input.warmupMs)
        runs.push(supported.map((p) => percentile(sorted, p)))
        input.onProgress?.(replay + Math.min(1, runs.length / STRUCTURE_RUNS), of)
      }
      if (!open()) break
    }
    return runs
  })
}

import type { Comparison, PercentileComparison } from '../../documents/index.ts'
import { stream } from '../../kernel/index.ts'
import { OUTCOME, type ServingPlan } from '../../serving/index.ts'
import {
  blockBootstrap,
  PERCENTILES,
  percentile,
  type Rows,
  supports,
  supportsVerdict,
  tInterval,
  within,
} from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'
import { noiseCheck, noiseFloor } from './noise-floor.ts'
import { band, majority, predictionCheck, predictionError } from './prediction-check.ts'
import { type ExecutorWork, type ObservedRun, structureSimulator } from './structure.ts'
import {
  STRUCTURE_TOLERANCE,
  structureCheck,
  structureError,
  structureVerdict,
} from './structure-check.ts'
import { spoiled } from './validity.ts'
import type { Check } from './verdicts.ts'

/** Simulations of one replay under its own machine; they differ in the overheads drawn. */
const STRUCTURE_RUNS = 20

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
  const structure = simulateAll(input, supported)
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
        structure: judged ? structureVerdict(structureErrors) : null,
        prediction: judged ? majority(predictionErrors) : null,
      },
      noise_floor: floor,
    }
  })
  const checks = {
    structure: structureCheck(percentiles, n),
    prediction: counted(predictionCheck(percentiles, n), valid),
    noise_floor: noiseCheck(percentiles),
  }
  return { percentiles, checks, tolerance: STRUCTURE_TOLERANCE }
}

/** Replays that other programs delayed are no evidence for or against a prediction. */
function counted(check: Check, valid: readonly boolean[]): Check {
  const { length: delayed } = valid.filter((isValid) => !isValid)
  if (delayed === 0) return check
  const which = valid.length === 1 ? 'the replay is' : `${delayed} of ${valid.length} replays are`
  const reason = `${which} not counted: other programs used the machine`
  return { ...check, verdict: 'UNDECIDED', reason }
}

/** Percentiles of simulations of every replay, [replay][run][percentile]. */
function simulateAll(input: ComparisonInput, supported: readonly number[]): number[][][] {
  const of = input.replays.length * STRUCTURE_RUNS
  return input.replays.map(({ rows, timers, moves = [] }, replay) => {
    const simulate = structureSimulator({ ...input, rows, timers, moves })
    return Array.from({ length: STRUCTURE_RUNS }, (_, run) => {
      const { sorted } = latenciesOf(simulate(run), input.warmupMs)
      input.onProgress?.(replay * STRUCTURE_RUNS + run + 1, of)
      return supported.map((p) => percentile(sorted, p))
    })
  })
}

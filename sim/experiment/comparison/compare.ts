import type { Comparison, PercentileComparison, ReplayError } from '../../documents/index.ts'
import { stream } from '../../kernel/index.ts'
import type { ServingPlan } from '../../serving/index.ts'
import {
  blockBootstrap,
  geometricMean,
  PERCENTILES,
  percentile,
  supports,
  supportsVerdict,
} from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'
import { latenciesOf } from './latencies.ts'
import { noiseFloor } from './noise-floor.ts'
import { majority, prediction, predictionCheck, predictionError } from './prediction-check.ts'
import { type ExecutorWork, type ObservedRun, structureSimulator } from './structure.ts'
import {
  STRUCTURE_TOLERANCE,
  structureCheck,
  structureError,
  structureVerdict,
} from './structure-check.ts'
import { noneCounts, notCounted } from './validity.ts'

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

/**
 * Structure error, prediction and noise floor, for each percentile that the replays support. A
 * spoiled replay is no evidence, so it is in no figure. Where all are spoiled, they are shown, and
 * nothing is judged.
 */
export function compareRuns(input: ComparisonInput): Pick<
  Comparison,
  'percentiles' | 'tolerance' | 'not_counted'
> & {
  readonly checks: Pick<Comparison['checks'], 'structure' | 'prediction'>
} {
  const measured = input.replays.map(({ rows }) => latenciesOf(rows, input.warmupMs))
  const n = Math.min(...measured.map(({ values }) => values.length))
  const supported = PERCENTILES.filter((p) => supports(n, p))
  const intervals = measured.map((run, replay) => {
    const random = stream(input.seed, replay, 'bootstrap')
    const window = { from: input.warmupMs, to: input.durationMs }
    return blockBootstrap({ ...run, ...window }, supported, { random: () => random.uniform() })
  })
  const not_counted = notCounted(input.replays)
  const all = [...input.replays.keys()]
  const good = all.filter((replay) => not_counted.every((one) => one.replay !== replay))
  const shown = good.length > 0 ? good : all
  const structure = simulateAll(input, supported, shown)
  const percentiles = supported.map((p, i): PercentileComparison => {
    const each = intervals.map((of, replay) => {
      const { low, high } = of[i]!
      return { replay, value: percentile(measured[replay]!.sorted, p), low, high }
    })
    const compared = compareFigures({
      measured: shown.map((replay) => each[replay]!),
      structure: structure.map((runs) => runs.map((run) => run[i]!)),
      predictions: input.predictions.map((run) => run[PERCENTILES.indexOf(p)]!),
      n,
    })
    const judged = supportsVerdict(n, p) && good.length > 0
    return { p, n, each, ...(judged ? compared : unjudged(compared)) }
  })
  const checks =
    good.length > 0
      ? { structure: structureCheck(percentiles, n), prediction: predictionCheck(percentiles, n) }
      : { structure: noneCounts(not_counted), prediction: noneCounts(not_counted) }
  return { percentiles, checks, tolerance: STRUCTURE_TOLERANCE, not_counted }
}

type Compared = Omit<PercentileComparison, 'p' | 'n' | 'each'>

/** One percentile of replays, of simulations of each of them, and of predictions. */
function compareFigures(of: {
  readonly measured: readonly { readonly replay: number; readonly value: number }[]
  /** [replay][run] */
  readonly structure: readonly (readonly number[])[]
  readonly predictions: readonly number[]
  readonly n: number
}): Compared {
  const { measured, n } = of
  const values = measured.map(({ value }) => value)
  const noise_floor = noiseFloor(values)
  const simulated = prediction(of.predictions, n)
  const structure = measured.map(({ replay, value }, i) =>
    structureError(replay, value, of.structure[i]!),
  )
  const predicted = measured.map(({ replay, value }) =>
    predictionError(replay, value, simulated, noise_floor.median ?? 0),
  )
  return {
    simulated,
    measured: { ...geometricMean(values), n },
    structure,
    prediction: predicted,
    verdicts: { structure: structureVerdict(structure), prediction: majority(predicted) },
    noise_floor,
  }
}

/** Figures that support no verdict, neither of single replays nor of all. */
function unjudged(compared: Compared): Compared {
  const open = (errors: readonly ReplayError[]) =>
    errors.map((error) => ({ ...error, verdict: 'UNDECIDED' as const }))
  return {
    ...compared,
    structure: open(compared.structure),
    prediction: open(compared.prediction),
    verdicts: { structure: null, prediction: null },
  }
}

/** Percentiles of simulations of the replays named, [replay][run][percentile]. */
function simulateAll(
  input: ComparisonInput,
  supported: readonly number[],
  replays: readonly number[],
): number[][][] {
  const of = replays.length * STRUCTURE_RUNS
  return replays.map((replay, place) => {
    const { rows, timers, moves = [] } = input.replays[replay]!
    const simulate = structureSimulator({ ...input, rows, timers, moves })
    return Array.from({ length: STRUCTURE_RUNS }, (_, run) => {
      const { sorted } = latenciesOf(simulate(run).rows, input.warmupMs)
      input.onProgress?.(place * STRUCTURE_RUNS + run + 1, of)
      return supported.map((p) => percentile(sorted, p))
    })
  })
}

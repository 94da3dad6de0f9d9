import type {
  Comparison,
  Estimate,
  PercentileComparison,
  StallFree,
  TokenTimeComparison,
} from '../../documents/index.ts'
import { stream } from '../../kernel/index.ts'
import { generatesIn, type ServingPlan } from '../../serving/index.ts'
import {
  blockBootstrap,
  geometricMean,
  PERCENTILES,
  percentile,
  supports,
  supportsVerdict,
} from '../../stats/index.ts'
import { fieldsOf, type ModelProfile } from '../../world/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { changedMachineText } from './changed-machine.ts'
import { splitError } from './error-split.ts'
import { endFactors, widenedBy } from './joint-interval.ts'
import { type Latencies, latenciesOf, percentilesOf, tokenPercentiles } from './latencies.ts'
import type { PredictedChange } from './machine-change.ts'
import {
  type Measure,
  type MeasuredSystem,
  measuresOf,
  percentilesBy,
  type RunPercentiles,
} from './measures.ts'
import { nextRun } from './next-run.ts'
import { noiseFloor } from './noise-floor.ts'
import type { ObservedRun } from './observed-run.ts'
import {
  predictionCheck,
  predictionError,
  predictionVerdict,
  undecided,
  unpredicted,
} from './prediction-check.ts'
import { elasticityOf, isVeryWide, saturated } from './saturation.ts'
import { type StallFreeFigures, stallFreeFigures, stallFreeLatencies } from './stall-free.ts'
import { besideStallFree, judgeStallFree, sharesOf } from './stall-free-check.ts'
import { type ExecutorWork, structureSimulator } from './structure.ts'
import { structureCheck, structureError, structureVerdict } from './structure-check.ts'
import { noneCounts, notCounted } from './validity.ts'
import type { Check } from './verdicts.ts'

/** Simulations of one replay under its own machine; they differ in the overheads drawn. */
const STRUCTURE_RUNS = 20

/** PERCENTILES of a simulated run: of all requests, and of those that met no stall. */
interface SimulatedPercentiles extends RunPercentiles {
  /** null where tokens are generated */
  readonly stallFree: StallFreeFigures | null
}

/** The same of a replication over given requests, under a profile. */
export const simulatedPercentiles = (run: RunSummary): SimulatedPercentiles => ({
  ...runPercentiles(run),
  stallFree: run.stallFree,
})

/** PERCENTILES of the measures of a replication. */
export const runPercentiles = ({ all, tokenTimes }: RunSummary): RunPercentiles => ({
  all: all.percentiles,
  tokens: tokenTimes,
})

/** Predictions at both ends of an uncertain speed, by the same draws as those at its value. */
type PredictedEnds = readonly (readonly SimulatedPercentiles[])[]

export interface ComparisonInput extends MeasuredSystem {
  readonly replays: readonly ObservedRun[]
  readonly work: readonly ExecutorWork[]
  /** of each replication under the profile, over the same requests */
  readonly predictions: readonly SimulatedPercentiles[]
  /** recordings of the machine that the predictions take turns with */
  readonly recordings: number
  /** of each uncertain speed; by default none is uncertain */
  readonly inputs?: readonly PredictedEnds[]
  /** of the machine since the profile was recorded, with predictions by the same draws */
  readonly change: PredictedChange
  /** what a server hides of the replays: no structure is simulated then; absent for nothing */
  readonly hidden?: string | undefined
  /** whether all that the profile knows of the machine was recorded while others used it */
  readonly disturbed: boolean
  readonly warmupMs: number
  readonly durationMs: number
  readonly seed: number
  readonly onProgress?: (done: number, of: number) => void
  /** a caller that compares the same replays again may keep their simulations */
  readonly simulate?: typeof simulateReplay
}

/**
 * Structure error, prediction and noise floor, for each percentile that the replays support. A
 * spoiled replay is no evidence, so it is in no figure. Where all are spoiled, they are shown, and
 * nothing is judged.
 */
export function compareRuns(input: ComparisonInput): Pick<
  Comparison,
  | 'percentiles'
  | 'control_kernel'
  | 'stall_free'
  | 'tolerance'
  | 'not_counted'
  | 'not_seen'
  | 'token_times'
> & {
  readonly checks: Pick<Comparison['checks'], 'structure' | 'prediction'>
} {
  const not_counted = notCounted(input.replays)
  const played = [...input.replays.keys()]
  const good = played.filter((i) => not_counted.every(({ replay }) => replay !== i))
  const shown = good.length > 0 ? good : played
  const counted = { shown, judged: good.length > 0 }
  const { hidden } = input
  const structure = hidden === undefined ? simulateAll(input, shown) : []
  const [latency, ...ofTokens] = measuresOf(input)
  const { percentiles, checks } = compareMeasure(input, counted, { measure: latency, structure })
  // a request that is generated lasts for so many steps that hardly any meets no stall
  const hasStallFree = hidden === undefined && !generatesIn(input.plan)
  const stallFree = !hasStallFree
    ? null
    : compareStallFree(input, counted, { measure: latency, structure })
  const tokenTimes = ofTokens.map((measure) => {
    return [measure.key, compareMeasure(input, counted, { measure, structure })]
  })
  return {
    tolerance: latency.structure,
    not_counted,
    ...(hidden !== undefined && { not_seen: hidden }),
    percentiles,
    control_kernel: input.change.control,
    ...(tokenTimes.length > 0 && { token_times: Object.fromEntries(tokenTimes) }),
    ...(stallFree && { stall_free: stallFree }),
    checks: counted.judged && stallFree ? beside(checks, percentiles, stallFree) : checks,
  }
}

/** Checks with what those of stall-free requests show of them. */
function beside(
  { structure, prediction }: TokenTimeComparison['checks'],
  percentiles: readonly PercentileComparison[],
  stallFree: StallFree,
): TokenTimeComparison['checks'] {
  if (structure === null) throw new Error('Expected a check of the structure')
  return besideStallFree({ structure, prediction }, percentiles, stallFree)
}

/** The replays in a comparison, and whether they are judged. */
interface Counted {
  readonly shown: readonly number[]
  readonly judged: boolean
}

/** A time that is compared, and simulations of the replays shown, [replay][run]; none if hidden. */
interface Compared {
  readonly measure: Measure
  readonly structure: readonly (readonly SimulatedPercentiles[])[]
}

/** One measure of all requests that have it. */
function compareMeasure(
  input: ComparisonInput,
  counted: Counted,
  of: Compared,
): TokenTimeComparison {
  const { replays, warmupMs, predictions, inputs = [], change, disturbed, hidden } = input
  const { measure, structure } = of
  const measured = replays.map(({ rows }, replay) => ({
    replay,
    ...latenciesOf(rows, warmupMs, { measure }),
  }))
  const n = Math.min(...measured.map(({ values }) => values.length))
  const ofRuns = (runs: readonly RunPercentiles[]) => runs.map((run) => percentilesBy(run, measure))
  const percentiles = comparePercentiles(input, counted, {
    ...{ n, measure, measured },
    structure: structure.map(ofRuns),
    predictions: ofRuns(predictions),
    inputs: inputs.map((ends) => ends.map(ofRuns)),
    change:
      hidden === undefined
        ? { ...change, now: change.now && ofRuns(change.now), level: ofRuns(change.level) }
        : null,
  })
  if (!counted.judged) {
    const none = noneCounts(replays.length, 'replay')
    return {
      percentiles,
      checks: { structure: hidden === undefined ? none : null, prediction: none },
    }
  }
  return {
    percentiles,
    checks: {
      structure: hidden === undefined ? structureCheck(percentiles, n, measure.structure) : null,
      prediction: disturbed ? DISTURBED : predictionCheck(percentiles, n, change.control, measure),
    },
  }
}

/** Latencies of the requests that met no stall. */
function compareStallFree(
  input: ComparisonInput,
  counted: Counted,
  { measure, structure }: Compared,
): StallFree {
  const { predictions, inputs = [], change } = input
  const measured = counted.shown.map((replay) => ({
    replay,
    ...stallFreeLatencies(input.replays[replay]!, input),
  }))
  const simulated = structure.flat().map((run) => stallFreeOf(run).n)
  const n = Math.min(...measured.map(({ values }) => values.length), ...simulated)
  const ofRuns = (runs: readonly SimulatedPercentiles[]) =>
    runs.map((run) => stallFreeOf(run).percentiles)
  const percentiles = comparePercentiles(input, counted, {
    ...{ n, measure, measured },
    structure: structure.map(ofRuns),
    predictions: ofRuns(predictions),
    inputs: inputs.map((ends) => ends.map(ofRuns)),
    change: null,
  })
  const share = sharesOf(measured, predictions.map(stallFreeOf))
  if (!counted.judged) {
    const none = noneCounts(input.replays.length, 'replay')
    return { share, percentiles, checks: { structure: none, prediction: none } }
  }
  return judgeStallFree({ share, percentiles, n, control: change.control, measure })
}

function stallFreeOf({ stallFree }: SimulatedPercentiles): StallFreeFigures {
  if (stallFree === null) throw new Error('Expected a replication of given requests')
  return stallFree
}

const DISTURBED: Check = {
  verdict: 'UNDECIDED',
  reason:
    'the profile was recorded while other programs used the machine, or at too high a rate; run or calibrate again',
  worst: null,
}

/** Whether all that is known of a pool's executors was recorded on a disturbed machine. */
export function disturbedProfile(
  models: readonly (ModelProfile | null)[],
  { pools }: ServingPlan,
): boolean {
  return models.some((model, i) => {
    if (model === null) return false
    return fieldsOf(model.fields, pools[i]!.replicas).every(({ disturbed }) => disturbed)
  })
}

/** The requests that percentiles are of: their latencies, and PERCENTILES of simulated runs. */
interface RequestSet {
  readonly measure: Measure
  /** the fewest in a replay or a simulation of it */
  readonly n: number
  readonly measured: readonly (Latencies & { readonly replay: number })[]
  /** [replay shown][run][percentile]; none where it is hidden */
  readonly structure: readonly (readonly (readonly number[])[])[]
  /** [replication][percentile] */
  readonly predictions: readonly (readonly number[])[]
  /** [input][end][replication][percentile] */
  readonly inputs: readonly (readonly (readonly (readonly number[])[])[])[]
  /** null where the error is not split */
  readonly change: SpeedChange | null
}

/** PERCENTILES of predictions on another machine, [replication][percentile]. */
interface SpeedChange {
  readonly now: readonly (readonly number[])[] | null
  readonly level: readonly (readonly number[])[]
  readonly faster?: number
}

/** The percentiles that the runs support. */
function comparePercentiles(
  { seed, warmupMs, durationMs, disturbed, recordings, change: { control } }: ComparisonInput,
  { shown, judged }: Counted,
  { n, measure, measured, structure, predictions, inputs, change }: RequestSet,
): PercentileComparison[] {
  const changed = changedMachineText(control) !== null
  const supported = PERCENTILES.filter((p) => supports(n, p))
  // every request of a replay may have met a stall; then there is nothing to resample
  if (supported.length === 0) return []
  const intervals = measured.map((run) => {
    const random = stream(seed, run.replay, 'bootstrap')
    const window = { from: warmupMs, to: durationMs }
    return blockBootstrap({ ...run, ...window }, supported, { random: () => random.uniform() })
  })
  return supported.map((p, i): PercentileComparison => {
    const each = measured.map(({ replay, sorted }, place) => {
      const { low, high } = intervals[place]![i]!
      return { replay, value: percentile(sorted, p), low, high }
    })
    const at = PERCENTILES.indexOf(p)
    const column = (runs: readonly (readonly number[])[]) => runs.map((run) => run[at]!)
    const compared = compareFigures({
      measure,
      measured: each.filter(({ replay }) => shown.includes(replay)),
      structure: structure.map(column),
      predictions: column(predictions),
      recordings,
      inputs: inputs.map((ends) => ends.map(column)),
      change: change && {
        ...change,
        now: change.now && column(change.now),
        level: column(change.level),
      },
      changed,
      n,
    })
    const predicted = disturbed ? unpredicted(compared) : compared
    return { p, n, each, ...(judged && supportsVerdict(n, p) ? predicted : unjudged(compared)) }
  })
}

const NO_PREDICTION = Object.freeze({
  value: null,
  low: null,
  high: null,
  reason: 'every simulated request met a stall',
})

type ComparedFigures = Omit<PercentileComparison, 'p' | 'n' | 'each'>

/** One percentile of replays, of simulations of each of them, and of predictions. */
interface PercentileFigures {
  readonly measure: Measure
  readonly measured: readonly { readonly replay: number; readonly value: number }[]
  /** [replay][run]; none where it is hidden */
  readonly structure: readonly (readonly number[])[]
  readonly predictions: readonly number[]
  readonly recordings: number
  /** [input][end][replication] */
  readonly inputs: readonly (readonly (readonly number[])[])[]
  readonly change: {
    readonly now: readonly number[] | null
    readonly level: readonly number[]
    readonly faster?: number
  } | null
  /** whether the machine is another than that of the profile */
  readonly changed: boolean
  readonly n: number
}

function compareFigures(of: PercentileFigures): ComparedFigures {
  const { measured, n } = of
  const { structure: ofStructure, prediction: tolerated } = of.measure
  const values = measured.map(({ value }) => value)
  const noise_floor = noiseFloor(values)
  // where every request of a replication met a stall, it predicts nothing of the others
  const predictions = of.predictions.filter((value) => !Number.isNaN(value))
  const simulated =
    predictions.length > 0
      ? { ...nextRun(of.predictions, of.recordings), n }
      : { ...NO_PREDICTION, n }
  const hasStructure = of.structure.length > 0
  const structure = !hasStructure
    ? []
    : measured.map(({ replay, value }, i) =>
        structureError(replay, value, of.structure[i]!, ofStructure),
      )
  const sources = of.inputs.map((ends) => endFactors(of.predictions, ends))
  const with_inputs = sources.length === 0 ? null : widenedBy(simulated, sources)
  const wide = { ...simulated, ...with_inputs }
  const predicted =
    simulated.value === null
      ? []
      : measured.map(({ replay, value }) =>
          predictionError(replay, value, { simulated, wide }, noise_floor.median ?? 0, tolerated),
        )
  const mean = geometricMean(values)
  const split =
    of.change === null || simulated.value === null
      ? null
      : splitError({
          measured: mean.value,
          simulated: simulated.value,
          structure,
          predictions,
          now: of.change.now,
          level: of.change.level,
        })
  const widths = {
    ...(with_inputs !== null && { with_inputs }),
    ...elasticityWhereWide(of, wide),
  }
  const { changed } = of
  const judged = { errors: predicted, simulated, measured: mean, split, changed, tolerated }
  return {
    simulated,
    measured: { ...mean, n },
    structure,
    prediction: predicted,
    verdicts: {
      structure: hasStructure ? structureVerdict(structure, ofStructure) : null,
      prediction: predictionVerdict({ ...judged, ...widths }),
    },
    split,
    noise_floor,
    ...widths,
  }
}

/** A machine that differs by less shows nothing of what speed does. */
const LEAST_FASTER = 0.002

/** What the speed does to a figure, by predictions at the level of the replays. */
function elasticityWhereWide(
  { predictions, change }: Pick<PercentileFigures, 'predictions' | 'change'>,
  wide: Pick<Estimate, 'low' | 'high'>,
): Pick<PercentileComparison, 'speed_elasticity'> {
  const { faster = 1, level = [] } = change ?? {}
  if (!isVeryWide(wide) || Math.abs(faster - 1) < LEAST_FASTER) return {}
  return saturated(elasticityOf(predictions, level, faster))
}

/** Figures that support no verdict, neither of single replays nor of all. */
function unjudged(compared: ComparedFigures): ComparedFigures {
  const structure = undecided(compared.structure)
  const verdicts = { structure: null, prediction: null }
  return { ...unpredicted(compared), structure, verdicts }
}

/** Simulations of the replays named, [replay][run]. */
function simulateAll(input: ComparisonInput, replays: readonly number[]): SimulatedPercentiles[][] {
  const { simulate = simulateReplay, onProgress } = input
  const of = replays.length * STRUCTURE_RUNS
  return replays.map((replay, place) =>
    simulate(input, input.replays[replay]!, (run) => {
      onProgress?.(place * STRUCTURE_RUNS + run + 1, of)
    }),
  )
}

/** Simulates a replay under its own machine; `onRun` is called after each run. */
export function simulateReplay(
  input: MeasuredSystem & Pick<ComparisonInput, 'work' | 'warmupMs' | 'seed'>,
  { rows, timers, moves = [], engineRuns }: ObservedRun,
  onRun?: (run: number) => void,
): SimulatedPercentiles[] {
  const { warmupMs } = input
  const [latency, ...ofTokens] = measuresOf(input)
  const simulate = structureSimulator({ ...input, rows, timers, moves, engineRuns })
  return Array.from({ length: STRUCTURE_RUNS }, (_, i) => {
    const run = simulate(i)
    onRun?.(i)
    return {
      all: percentilesOf(run.rows, warmupMs, latency),
      tokens: tokenPercentiles(run.rows, warmupMs, ofTokens),
      stallFree: generatesIn(input.plan) ? null : stallFreeFigures(run, input),
    }
  })
}

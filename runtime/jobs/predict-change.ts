import { hashOf, modelKey, scenarioChanges } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import {
  besideInputs,
  changedSpeed,
  countedRuns,
  elasticityOf,
  endFactors,
  isIllConditioned,
  measuredPools,
  type ObservedRun,
  type RunSummary,
  roundsOf,
  type SimulationInput,
  type SpeedDoubt,
  scaledInput,
  speedWidth,
  type WhatIfFigures,
  whatIfCheck,
  whatIfFigures,
  withElasticities,
  withSpeedDoubt,
} from '../../sim/experiment/index.ts'
import { PERCENTILES } from '../../sim/stats/index.ts'
import type { JobOptions } from './options.ts'
import { runReplications } from './simulations/replications.ts'
import { type WhatIfSide, whatIfInputs } from './what-if-inputs.ts'

/** One side of a change: what it was given, and what it did in each round. */
type ChangedSide = WhatIfSide & {
  readonly replays: { readonly runs: readonly ObservedRun[] }
  /** where it was replayed; by default where its profile was recorded */
  readonly result?: Pick<Result, 'host'>
}

type ChangeOptions = JobOptions & { readonly replications: number }

/** Simulations of both sides, a pair for each replication. */
interface PredictedSides {
  readonly inputs: readonly [SimulationInput, SimulationInput]
  readonly a: readonly RunSummary[]
  readonly b: readonly RunSummary[]
}

/** The change from the first side to the second, predicted from the replays of the first. */
export async function predictChange(
  first: ChangedSide,
  second: ChangedSide,
  options: ChangeOptions,
) {
  const { scenario, hash } = second.system
  const inputs = whatIfInputs([first, second], countedRuns(first.replays.runs))
  const changes = scenarioChanges(first.system.scenario, scenario)
  const a = await simulated(inputs[0], 'predicting the change, side A', options)
  // without a change both sides are one simulation, so that the predicted ratio is 1
  const isChange = changes.length > 0
  const b = isChange ? await simulated(inputs[1], 'predicting the change, side B', options) : a
  const [roundsA, roundsB] = [first, second].map(({ system, replays }) =>
    replays.runs.map((run) => ({ run, warmupMs: system.scenario.warmup_s * 1000 })),
  )
  const drawn = whatIfFigures({
    ...roundsOf(roundsA!, roundsB!),
    predictions: a.map(({ all }, i) => ({ a: all.percentiles, b: b[i]!.all.percentiles })),
    seed: first.system.scenario.seed,
  })
  const figures = isChange ? await withDoubts(drawn, first, { inputs, a, b }, options) : drawn
  const head = { name: scenario.name, hash, description: scenario.description }
  return {
    check: besideInputs(whatIfCheck(figures), inputs[1]),
    document: { scenario: head, changes, requests: second.requests.hash(), ...figures },
  }
}

function simulated(
  input: SimulationInput,
  step: string,
  { replications, signal, onProgress }: ChangeOptions,
): Promise<RunSummary[]> {
  const show = (done: number, of: number) => onProgress?.(step, done, of)
  return runReplications(input, replications, { signal, onProgress: show })
}

/** Replications that show what speed does: with the same draws few are enough. */
const SPEED_RUNS = 10
/** A little faster, for elasticities: more would leave the region that they are of. */
const FASTER = 1.01
const STEP = 'predicting the change at other speeds'

/**
 * What further simulations show, where a verdict depends on it. Before a ratio fails, B is
 * simulated at the ends of what is not known of its speed. Where a wide prediction leaves one open,
 * both sides are simulated a little faster, which shows whether that is saturation.
 */
async function withDoubts(
  figures: WhatIfFigures,
  first: ChangedSide,
  sides: PredictedSides,
  options: ChangeOptions,
): Promise<WhatIfFigures> {
  const few = { ...options, replications: Math.min(SPEED_RUNS, options.replications) }
  const fails = figures.percentiles.some(({ verdict }) => verdict === 'FAIL')
  const speed = fails ? speedOfB(first, sides) : []
  const isKnown = speed.every(({ low, high }) => low === 1 && high === 1)
  const judged = isKnown
    ? figures
    : withSpeedDoubt(figures, { speed, factors: await factorsOf(speed, sides, few) })
  if (!isIllConditioned(judged)) return judged
  const [fasterA, fasterB] = [
    await simulated(atSpeed(sides.inputs[0], FASTER), STEP, few),
    await simulated(atSpeed(sides.inputs[1], FASTER), STEP, few),
  ]
  const ratios = (a: readonly RunSummary[], b: readonly RunSummary[], level: number) =>
    fasterA.map((_, i) => b[i]!.all.percentiles[level]! / a[i]!.all.percentiles[level]!)
  const elasticities = PERCENTILES.map((_, level) =>
    elasticityOf(ratios(sides.a, sides.b, level), ratios(fasterA, fasterB, level), FASTER),
  )
  return withElasticities(judged, elasticities)
}

const atSpeed = (input: SimulationInput, factor: number) =>
  scaledInput(
    input,
    measuredPools(input).map(() => factor),
  )

/** What is not known of the speed of each measured pool of B. */
function speedOfB(
  { system, result }: ChangedSide,
  { inputs: [a, b], ...runs }: PredictedSides,
): SpeedDoubt['speed'] {
  const { profile } = system
  const isElsewhere =
    profile === null || (result !== undefined && hashOf(result.host) !== hashOf(profile.host))
  return measuredPools(b).map(({ index, pool, model }) => {
    const { name, replicas } = pool
    const i = a.scenario.pools.findIndex((candidate) => candidate.name === name)
    const [before, recorded, calibrated] = [a.scenario.pools[i], a.models[i], system.models[i]]
    const known = { pool: name, low: 1, high: 1, reasons: [] }
    if (before === undefined || recorded == null || calibrated == null || isElsewhere) return known
    const sameModel = modelKey(a.scenario, before) === modelKey(b.scenario, pool)
    const range = changedSpeed({
      replicas: { a: before.replicas, b: replicas },
      busy: { a: busyShare(runs.a, i), b: busyShare(runs.b, index) },
      recorded: recorded.fields,
      profile: calibrated.fields,
      predicted: model.fields,
      work: sameModel ? null : speedWidth(b.scenario, pool.model),
    })
    return { pool: name, ...range, reasons: [...range.reasons] }
  })
}

/** Of the time of a pool's executors, mean over runs. */
function busyShare(runs: readonly RunSummary[], pool: number): number {
  const shares = runs.map(({ busyMs, paidMs }) => busyMs[pool]! / paidMs[pool]!)
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** How far the ratios of PERCENTILES move with B's speed. */
async function factorsOf(
  speed: SpeedDoubt['speed'],
  { inputs, b }: PredictedSides,
  options: ChangeOptions,
): Promise<SpeedDoubt['factors']> {
  const [lowest, highest] = [speed.map(({ low }) => low), speed.map(({ high }) => high)]
  const ends = [
    await simulated(scaledInput(inputs[1], lowest), STEP, options),
    await simulated(scaledInput(inputs[1], highest), STEP, options),
  ]
  return PERCENTILES.map((_, level) => {
    const column = (runs: readonly RunSummary[]) => runs.map(({ all }) => all.percentiles[level]!)
    return endFactors(column(b), ends.map(column))
  })
}

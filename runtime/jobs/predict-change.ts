import { hashOf, modelKey, scenarioChanges } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import {
  besideInputs,
  changedSpeed,
  countedRuns,
  elasticityOf,
  endFactors,
  executorWork,
  firstTokenDelays,
  type IdleChange,
  type IdlePass,
  idleChange,
  idlePasses,
  isIllConditioned,
  type Measure,
  type MeasureOfSides,
  measuredPools,
  measuresOf,
  type ObservedRun,
  percentilesBy,
  type RunSummary,
  roundsOf,
  runPercentiles,
  type SimulationInput,
  type SpeedDoubt,
  scaledInput,
  speedWidth,
  unrelatedSpeed,
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
  /** of each measured pool of B; null where no probe shows what idle time costs */
  readonly probed: readonly (IdleChange | null)[]
}

/** The change from the first side to the second, predicted from the replays of the first. */
export async function predictChange(
  first: ChangedSide,
  second: ChangedSide,
  options: ChangeOptions,
) {
  const { scenario, hash } = second.system
  const learnt = whatIfInputs([first, second], countedRuns(first.replays.runs))
  const changes = scenarioChanges(first.system.scenario, scenario)
  const a = await simulated(learnt[0], 'predicting the change, side A', options)
  // without a change both sides are one simulation, so that the predicted ratio is 1
  const isChange = changes.length > 0
  const { input, probed, idle } = isChange
    ? await withIdleCost([first, second], learnt, a, options)
    : { input: learnt[1], probed: [], idle: [] }
  const inputs = [learnt[0], input] as const
  const b = isChange ? await simulated(inputs[1], 'predicting the change, side B', options) : a
  const [roundsA, roundsB] = [first, second].map(({ system, replays }) =>
    replays.runs.map((run) => ({ run, warmupMs: system.scenario.warmup_s * 1000 })),
  )
  const drawn = measuresOfBoth(first, second).map((measures): ChangedMeasure => {
    const [measure] = measures
    const figures = whatIfFigures({
      ...roundsOf(roundsA!, roundsB!, measures),
      predictions: a.map((run, i) => ({ a: timesOf(run, measure), b: timesOf(b[i]!, measure) })),
      seed: first.system.scenario.seed,
    })
    return { measure, figures: { ...figures, ...(idle.length > 0 && { idle }) } }
  })
  const sides = { inputs, a, b, probed }
  const judged = isChange ? await withDoubts(drawn, first, sides, options) : drawn
  const [latency, ...ofTokens] = judged.map(({ measure, figures }) => ({
    ...{ key: measure.key, figures },
    check: besideInputs(whatIfCheck(figures), inputs[1]),
  }))
  const tokenTimes = ofTokens.map(({ key, figures: { percentiles }, check }) => {
    return [key, { percentiles, check }]
  })
  return {
    check: latency!.check,
    document: {
      scenario: { name: scenario.name, hash, description: scenario.description },
      ...{ changes, requests: second.requests.hash() },
      ...latency!.figures,
      ...(tokenTimes.length > 0 && { token_times: Object.fromEntries(tokenTimes) }),
    },
  }
}

/** One time of requests: the effect of the change on it. */
interface ChangedMeasure {
  readonly measure: Measure
  readonly figures: WhatIfFigures
}

/** The measures that both sides have. */
function measuresOfBoth(...sides: readonly [ChangedSide, ChangedSide]): MeasureOfSides[] {
  const [ofA, ofB] = sides.map(({ system: { plan, scenario }, requests }) =>
    measuresOf({ plan, requests, firstTokenDelaysMs: firstTokenDelays(scenario.traffic) }),
  )
  return ofA!.flatMap((a) => ofB!.flatMap((b) => (a.key === b.key ? [[a, b] as const] : [])))
}

/** PERCENTILES of a measure in a replication of a side. */
const timesOf = (run: RunSummary, measure: Measure) => percentilesBy(runPercentiles(run), measure)

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
const fewOf = (options: ChangeOptions) => {
  return { ...options, replications: Math.min(SPEED_RUNS, options.replications) }
}

/** At another speed executors are busy for another share of the time, which is then near enough. */
const IDLE_STEPS = 2

/** B with the speed that its executors have, as they are idle less or more often than on A. */
async function withIdleCost(
  sides: readonly [ChangedSide, ChangedSide],
  [inputA, inputB]: readonly [SimulationInput, SimulationInput],
  a: readonly RunSummary[],
  options: ChangeOptions,
) {
  const pools = measuredPools(inputB).map(({ index, pool }) => {
    const before = inputA.scenario.pools.findIndex(({ name }) => name === pool.name)
    const passes = probedPasses(sides, [inputA, inputB], { before, index })
    return { name: pool.name, before, index, passes }
  })
  let input = inputB
  let probed = pools.map((): IdleChange | null => null)
  let idle: NonNullable<WhatIfFigures['idle']> = []
  if (pools.every(({ passes }) => passes === null)) return { input, probed, idle }
  for (let step = 0; step < IDLE_STEPS; step++) {
    const runs = await simulated(input, STEP, fewOf(options))
    const busy = pools.map(({ before, index }) => {
      return { a: busyShare(a, before), b: busyShare(runs, index) }
    })
    probed = pools.map(({ passes }, i) => {
      const side = (of: 'a' | 'b') => ({ share: busy[i]![of], passes: passes?.[of] ?? [] })
      return idleChange(side('a'), side('b'))
    })
    input = scaledInput(
      inputB,
      probed.map((change) => change?.factor ?? 1),
    )
    idle = pools.flatMap(({ name }, i) => {
      const change = probed[i]
      return change ? [{ pool: name, busy_a: busy[i]!.a, busy_b: busy[i]!.b, ...change }] : []
    })
  }
  return { input, probed, idle }
}

/**
 * The passes of probes of a pool, by its number on A and on B, each with batches as they are usual
 * on that side; null where they show nothing.
 */
function probedPasses(
  [first, second]: readonly [ChangedSide, ChangedSide],
  [inputA, inputB]: readonly [SimulationInput, SimulationInput],
  { before, index }: { readonly before: number; readonly index: number },
): { readonly a: readonly IdlePass[]; readonly b: readonly IdlePass[] } | null {
  if (before < 0 || isElsewhere(first)) return null
  // fields of other numbers of replicas are of the calibration at B's load, with what idling cost
  if (inputB.models[index]?.fields !== inputA.models[before]?.fields) return null
  const [runsA, runsB] = [first.replays.runs, second.replays.runs]
  const counted = [countedRuns(runsA), countedRuns(runsB)] as const
  // of rounds that count on both sides, so that both were probed at about the same times
  const rounds = runsA.flatMap((run, i) => {
    const beside = runsB[i]
    return beside !== undefined && counted[0].includes(run) && counted[1].includes(beside)
      ? [{ a: run, b: beside }]
      : []
  })
  const passes = {
    a: passesOf(
      rounds.map((round) => round.a),
      inputA,
      before,
    ),
    b: passesOf(
      rounds.map((round) => round.b),
      inputB,
      index,
    ),
  }
  return Math.min(passes.a.length, passes.b.length) < 2 ? null : passes
}

function passesOf(runs: readonly ObservedRun[], input: SimulationInput, pool: number): IdlePass[] {
  const probes = runs.flatMap((run) => run.probes ?? [])
  if (probes.length === 0) return []
  const { pools } = input.scenario
  const from = pools.slice(0, pool).reduce((sum, { replicas }) => sum + replicas, 0)
  return idlePasses(probes, executorWork(input), [from, from + pools[pool]!.replicas])
}

/** A little faster, for elasticities: more would leave the region that they are of. */
const FASTER = 1.01
const STEP = 'predicting the change at other speeds'

/**
 * What further simulations show, where a verdict depends on it. Before a ratio fails, B is
 * simulated at the ends of what is not known of its speed. Where a wide prediction leaves one open,
 * both sides are simulated a little faster, which shows whether that is saturation.
 */
async function withDoubts(
  drawn: readonly ChangedMeasure[],
  first: ChangedSide,
  sides: PredictedSides,
  options: ChangeOptions,
): Promise<readonly ChangedMeasure[]> {
  const few = fewOf(options)
  const fails = drawn.some(({ figures: { percentiles } }) =>
    percentiles.some(({ verdict }) => verdict === 'FAIL'),
  )
  const speed = fails ? speedOfB(first, sides) : []
  const isKnown = speed.every(({ low, high }) => low === 1 && high === 1)
  const ends = isKnown ? null : await atEndsOf(speed, sides, few)
  const judged = drawn.map(({ measure, figures }) => {
    if (ends === null) return { measure, figures }
    const factors = factorsOf(sides.b, ends, measure)
    return { measure, figures: withSpeedDoubt(figures, { speed, factors }) }
  })
  if (!judged.some(({ figures }) => isIllConditioned(figures))) return judged
  const [fasterA, fasterB] = [
    await simulated(atSpeed(sides.inputs[0], FASTER), STEP, few),
    await simulated(atSpeed(sides.inputs[1], FASTER), STEP, few),
  ]
  return judged.map(({ measure, figures }) => {
    if (!isIllConditioned(figures)) return { measure, figures }
    const ratios = (a: readonly RunSummary[], b: readonly RunSummary[], level: number) =>
      fasterA.map((_, i) => timesOf(b[i]!, measure)[level]! / timesOf(a[i]!, measure)[level]!)
    const elasticities = PERCENTILES.map((_, level) =>
      elasticityOf(ratios(sides.a, sides.b, level), ratios(fasterA, fasterB, level), FASTER),
    )
    return { measure, figures: withElasticities(figures, elasticities) }
  })
}

const atSpeed = (input: SimulationInput, factor: number) =>
  scaledInput(
    input,
    measuredPools(input).map(() => factor),
  )

/** Whether a side was replayed on another host than its profile is of. */
const isElsewhere = ({ system: { profile }, result }: ChangedSide) =>
  profile === null || (result !== undefined && hashOf(result.host) !== hashOf(profile.host))

/** What is not known of the speed of each measured pool of B. */
function speedOfB(
  first: ChangedSide,
  { inputs: [a, b], probed, ...runs }: PredictedSides,
): SpeedDoubt['speed'] {
  const { system } = first
  return measuredPools(b).map(({ index, pool, model }, measured) => {
    const { name, replicas } = pool
    const i = a.scenario.pools.findIndex((candidate) => candidate.name === name)
    const [before, recorded, calibrated] = [a.scenario.pools[i], a.models[i], system.models[i]]
    const sameModel =
      before !== undefined && modelKey(a.scenario, before) === modelKey(b.scenario, pool)
    const work = sameModel ? null : speedWidth(b.scenario, pool.model)
    const { fields: predicted } = model
    const isUnrelated = before === undefined || recorded == null || calibrated == null
    const range =
      isUnrelated || isElsewhere(first)
        ? unrelatedSpeed({ replicas, predicted, work })
        : changedSpeed({
            replicas: { a: before.replicas, b: replicas },
            busy: { a: busyShare(runs.a, i), b: busyShare(runs.b, index) },
            recorded: recorded.fields,
            profile: calibrated.fields,
            predicted,
            probed: probed[measured] ?? null,
            onProcessor: pool.execution_provider === 'cpu',
            work,
          })
    return {
      ...{ pool: name, low: range.low, high: range.high },
      ...{ reasons: [...range.reasons], remedies: [...range.remedies] },
    }
  })
}

/** Of the time of a pool's executors, mean over runs. */
function busyShare(runs: readonly RunSummary[], pool: number): number {
  const shares = runs.map(({ busyMs, paidMs }) => busyMs[pool]! / paidMs[pool]!)
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

/** B at its lowest and at its highest speed. */
async function atEndsOf(
  speed: SpeedDoubt['speed'],
  { inputs }: PredictedSides,
  options: ChangeOptions,
): Promise<(readonly RunSummary[])[]> {
  const [lowest, highest] = [speed.map(({ low }) => low), speed.map(({ high }) => high)]
  return [
    await simulated(scaledInput(inputs[1], lowest), STEP, options),
    await simulated(scaledInput(inputs[1], highest), STEP, options),
  ]
}

/** How far the ratios of PERCENTILES of a measure move with B's speed. */
function factorsOf(
  b: readonly RunSummary[],
  ends: readonly (readonly RunSummary[])[],
  measure: Measure,
): SpeedDoubt['factors'] {
  return PERCENTILES.map((_, level) => {
    const column = (runs: readonly RunSummary[]) => runs.map((run) => timesOf(run, measure)[level]!)
    return endFactors(column(b), ends.map(column))
  })
}

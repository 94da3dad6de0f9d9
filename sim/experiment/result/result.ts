import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { takesLength } from '../../../scenarios/schema/takes-length.ts'
import {
  type Distribution,
  fewRunsText,
  type Result,
  type TailPoint,
} from '../../documents/index.ts'
import {
  type CellSummary,
  distribution,
  estimate,
  mergeSeries,
  PARTS,
  percentile,
  percentiles,
  TOKEN_TIMES,
} from '../../stats/index.ts'
import { nextRun, recordingsOf } from '../comparison/next-run.ts'
import { costOf, servedRates } from '../configuration/cost.ts'
import { paidReplicas } from '../configuration/paid-replicas.ts'
import { allExtrapolated } from '../figures/extrapolation.ts'
import { FAMILIES } from '../figures/families.ts'
import { retryLimitWarnings } from '../figures/proxy-retries.ts'
import { documented, type RunSummary } from '../figures/run-summary.ts'
import { grouped } from '../system/crowd.ts'
import type { PreparedScenario } from '../system/prepared-scenario.ts'
import { loadOf, type Resolved } from '../system/resolve.ts'
import { withinEvidence } from '../transfer/doubts.ts'
import { transferWarnings } from '../transfer/transfer.ts'
import { assumptionsOf } from './assumptions.ts'
import { busyEngineWarnings } from './busy-engines.ts'
import { HIDDEN_FIGURES, hiddenTokens } from './hidden-figures.ts'
import { metastableOf } from './metastable.ts'
import { judgeAll, judgedRuns, objectiveFigures } from './objectives.ts'
import { batchMean, overRuns } from './over-runs.ts'
import { recordedStalls, stallWarnings } from './recorded-stalls.ts'
import { shortRunWarnings } from './short-runs.ts'
import { stabilityOf } from './stability.ts'
import { uncalibratedWarnings } from './uncalibrated.ts'
import { wholePromptWarnings } from './whole-prompts.ts'
import { worstWindow } from './worst-window.ts'

/** The system whose runs a result is about. */
export type ResultSystem = Pick<PreparedScenario, 'scenario' | 'hash'> &
  Pick<Resolved, 'plan' | 'capacitiesRps' | 'models' | 'lengths'>

type Tail = RunSummary['tail']

/** The head of a result, above its figures. */
export type ResultHead = Pick<
  Result,
  | 'version'
  | 'commit'
  | 'garbage_collections'
  | 'world'
  | 'seed'
  | 'profile'
  | 'load'
  | 'warnings'
  | 'valid'
  | 'host'
>

/**
 * One result document from the runs of one scenario: means over runs, and geometric means of
 * percentiles, with t intervals on the log scale. An interval needs at least two runs; ten make it
 * useful.
 */
export function resultOf(
  system: ResultSystem,
  runs: readonly RunSummary[],
  head: ResultHead,
  slower: readonly RunSummary[] | null = null,
): Result {
  const { scenario, hash, plan, capacitiesRps } = system
  const same = head.world === 'simulated' ? sameRuns(runs) : null
  const recordings = head.world === 'simulated' ? recordingsOf(system) : 1
  const observedS = scenario.duration_s - scenario.warmup_s
  const eachTail = (tails: readonly Tail[]) =>
    head.world === 'measured' ? tails.map((of) => of.map(point)) : []
  const tokenTails = (ofRuns: readonly RunSummary['tokenTails'][]) => {
    const known = ofRuns.filter((tails) => tails !== null)
    if (known.length < ofRuns.length) return {}
    const of = (name: 'ttft' | 'tpot') => {
      const tails = known.map((run) => run[name])
      return { tail: tail(tails, recordings), tails: eachTail(tails) }
    }
    return { token_tails: { ttft: of('ttft'), tpot: of('tpot') } }
  }
  const streams = plan.pools.some((pool) => pool.streams === true)
  const figures = documented(FAMILIES, { ...system, runs })
  const cell = (name: string, of: (run: RunSummary) => CellSummary) => {
    const cells = runs.map(of)
    const arrived = cells.reduce((sum, { counts }) => sum + counts.arrived, 0)
    return {
      name,
      counts: sumCounts(cells.map(({ counts }) => counts)),
      latency: distribution(cells.map(({ latency }) => latency)),
      latency_all: percentiles(
        cells.map(({ counts, all }) => ({ n: counts.arrived, values: all })),
      ),
      parts: {
        ...(Object.fromEntries(
          PARTS.map((part) => [part, distribution(cells.map(({ parts }) => parts[part]))]),
        ) as Result['classes'][number]['parts']),
        ...(plan.network && { network: distribution(cells.map(({ network }) => network)) }),
      },
      throughput_rps: estimate(
        cells.map(({ inTraffic }) => inTraffic.served / observedS),
        arrived,
      ),
      goodput_rps: estimate(
        cells.map(({ inTraffic }) => inTraffic.good / observedS),
        arrived,
      ),
      goodput_share: estimate(
        cells.map(({ good, counts }) => good / counts.arrived),
        arrived,
        1,
      ),
      retries: cells.reduce((sum, { retries }) => sum + retries, 0),
      tokens: tokenTimes(cells, streams),
    }
  }
  const classes = scenario.traffic.map((traffic, i) => ({
    ...cell(traffic.class, (run) => run.classes[i]!),
    ...figures.ofClass(i),
    tail: tail(
      runs.map(({ classTails }) => classTails[i] ?? []),
      recordings,
    ),
  }))
  const pools = scenario.pools.map((pool, i) => ({
    ...cell(pool.name, (run) => run.pools[i]!),
    shed_by: sumCounts(runs.map((run) => run.pools[i]!.shedBy)),
    replicas: pool.replicas,
    capacity_rps: capacitiesRps[i] ?? null,
    utilisation: overRuns(runs, (run) => run.busyMs[i]! / run.paidMs[i]!, 1),
    occupied: overRuns(runs, (run) => run.occupiedMs[i]! / run.paidMs[i]!, 1),
    stalls: head.world === 'simulated' ? recordedStalls(system.models[i] ?? null, pool) : null,
    wasted: overRuns(runs, (run) => run.wastedMs[i]! / run.busyMs[i]!, 1),
    batch_mean: overRuns(runs, (run) => batchMean(run.batchSizes[i]!)),
    batch_efficiency: batchesLengths(scenario, pool)
      ? overRuns(runs, (run) => run.efficiency[i]!, 1)
      : null,
    batch_sizes: runs[0]!.batchSizes[i]!.map((_, size) =>
      runs.reduce((sum, run) => sum + run.batchSizes[i]![size]!, 0),
    ),
    kv_blocks: pool.generation === undefined ? null : overRuns(runs, (run) => run.kvBlocks[i]!),
    kv_blocks_limit: finite(plan.pools[i]!.generation?.kv.blocks),
    ...figures.ofPool(i),
    ...(plan.pools[i]!.connections === true && HIDDEN_FIGURES),
  }))
  const rates = runs.map(({ classes }) => servedRates(classes.map(servedBy), observedS))
  return {
    document: 'spillway-result',
    format: 1,
    ...head,
    warnings: [
      ...head.warnings,
      ...figures.warnings({ classes, pools }),
      ...(same === null ? [] : [same]),
    ],
    scenario: { name: scenario.name, hash, description: scenario.description },
    runs: runs.length,
    ...(same !== null && runs.every(({ exact }) => exact) && { exact: true as const }),
    precision: null,
    requests: runs[0]!.requests,
    duration_s: scenario.duration_s,
    warmup_s: scenario.warmup_s,
    assumptions: assumptionsOf(system),
    classes,
    stability: stabilityOf(
      runs.map(({ drift }) => drift),
      scenario.pools,
    ),
    pools,
    objectives: withinEvidence(scenario, judged(scenario, runs, same !== null), {
      slower: slower && judged(scenario, slower, sameRuns(slower) !== null),
      work: scenario.pools.map((_, i) =>
        allExtrapolated(runs.map(({ extrapolation }) => extrapolation?.[i] ?? null)),
      ),
    }),
    headroom: null,
    worst_window: worstWindow(scenario, plan, runs),
    cost: costOf(
      scenario,
      rates.map(({ rps }) => rps),
      rates.map(({ tokensPerS }) => tokensPerS),
      runs.map((run) => paidReplicas(scenario, run)),
    ),
    ...figures.ofSystem(),
    tail: tail(
      runs.map((run) => run.tail),
      recordings,
    ),
    tails: eachTail(runs.map((run) => run.tail)),
    ...tokenTails(runs.map((run) => run.tokenTails)),
    series: mergeSeries(runs.map((run) => run.series)),
  }
}

const judged = (scenario: Scenario, runs: readonly RunSummary[], exact: boolean) =>
  judgeAll(
    scenario,
    runs.map((run) => objectiveFigures(scenario, run)),
    judgedRuns(scenario, exact),
  )

const servedBy = ({ counts, inTraffic, tokens }: CellSummary) => ({
  served: counts.served,
  servedInTraffic: inTraffic.served,
  generated: tokens?.generated ?? 0,
})

/**
 * The document of simulated runs of a system. `slower`: the same replications with the longest
 * times that a transfer allows; null where nothing is transferred, or these were not run.
 */
export function simulatedResult(
  system: PreparedScenario & Resolved,
  runs: readonly RunSummary[],
  by: Pick<Result, 'version' | 'commit' | 'profile'>,
  slower: readonly RunSummary[] | null = null,
): Result {
  const { scenario } = system
  const arrived = runs[0]!.classes.reduce((sum, { counts }) => sum + counts.arrived, 0)
  const head: ResultHead = {
    // in the order in which the document prints them
    version: by.version,
    commit: by.commit,
    world: 'simulated',
    seed: scenario.seed,
    profile: by.profile,
    load: loadOf(arrived / (scenario.duration_s - scenario.warmup_s), system),
    warnings: [],
    valid: true,
    garbage_collections: null,
    host: null,
  }
  const result = resultOf(system, runs, head, slower)
  const metastable = metastableOf(system, runs)
  const stability = { ...result.stability, ...(metastable && { metastable }) }
  const overloaded = result.stability.state === 'OVERLOADED'
  const few = sameRuns(runs) === null ? fewRunsText(runs.length) : null
  const short = overloaded ? [] : shortRunWarnings(scenario, runs, result.pools)
  const doubts = [
    ...transferWarnings(scenario),
    ...stallWarnings(result.pools),
    ...uncalibratedWarnings(scenario),
    ...busyEngineWarnings(scenario),
    ...wholePromptWarnings(system),
    ...retryLimitWarnings(scenario, result.pools),
  ]
  const warnings = [...doubts, ...result.warnings, ...short, ...(few === null ? [] : [few])]
  return { ...result, stability, warnings }
}

/** `streams`: whether a server has generated them. */
function tokenTimes(
  cells: readonly CellSummary[],
  streams: boolean,
): Result['classes'][number]['tokens'] {
  const tokens = cells.map((cell) => cell.tokens)
  if (tokens.some((run) => run === null)) return null
  const times = TOKEN_TIMES.map((name) => [name, distribution(tokens.map((run) => run![name]))])
  const known = Object.fromEntries(times) as Record<(typeof TOKEN_TIMES)[number], Distribution>
  const preemptions = overRuns(tokens, (run) => run!.preemptions)
  return { ...known, preemptions, ...(streams && hiddenTokens(known.itl)) }
}

/** Whether requests of a pool have lengths, and go in batches. */
function batchesLengths({ models }: Scenario, { model, generation }: Scenario['pools'][number]) {
  return generation === undefined && takesLength(models[model]!)
}

const point = ({ p, value }: { p: number; value: number }): TailPoint => ({
  p,
  value,
  low: null,
  high: null,
})

/**
 * Median over runs and the band in which 95 % of runs are, where all runs support the point: the
 * middle of these runs, and by several recordings of a machine that of a next run on it.
 */
function tail(tails: readonly Tail[], recordings: number): TailPoint[] {
  const shortest = tails.reduce((a, b) => (b.length < a.length ? b : a))
  return shortest.slice(0, -1).map(({ p }, i) => {
    const values = tails.map((of) => of[i]!.value)
    return { p, ...bandOf(values, recordings) }
  })
}

function bandOf(values: readonly number[], recordings: number): Omit<TailPoint, 'p'> {
  const sorted = Float64Array.from(values).sort()
  const value = percentile(sorted, 0.5)
  if (values.length === 1) return { value, low: null, high: null }
  if (recordings > 1 && sorted[0]! > 0) {
    const { low, high } = nextRun(values, recordings)
    return { value, low, high }
  }
  return { value, low: percentile(sorted, 0.025), high: percentile(sorted, 0.975) }
}

/** A limit; null for none. */
const finite = (limit = Number.POSITIVE_INFINITY) => (Number.isFinite(limit) ? limit : null)

/**
 * The note for runs that are identical, request by request, as with a trace and constant work:
 * there is no variance, so no interval. Null where runs differ.
 */
export function sameRuns(runs: readonly RunSummary[]): string | null {
  const [first, ...others] = runs.map(({ requests, all, tail, classes, pools }) =>
    JSON.stringify({ requests, all, tail, classes, pools }),
  )
  if (others.length === 0 || others.some((run) => run !== first)) return null
  const alike = runs.every(({ exact }) => exact)
    ? 'nothing in this scenario is random, so one replication was simulated and stands for all'
    : `all ${grouped(runs.length)} replications are the same, as nothing random made a difference`
  return `${alike}: figures are exact for these requests, and say nothing of others`
}

/** Sums of the counts of several runs, key by key; needs at least one run. */
function sumCounts<K extends string>(
  counts: readonly Readonly<Record<K, number>>[],
): Record<K, number> {
  const sum: Record<K, number> = { ...counts[0]! }
  for (const further of counts.slice(1)) {
    for (const key of Object.keys(sum) as K[]) sum[key] += further[key]
  }
  return sum
}

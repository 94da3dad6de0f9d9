import { type Objective, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { takesLength } from '../../../scenarios/schema/takes-length.ts'
import type { Estimate, Result, TailPoint, Verdict } from '../../documents/index.ts'
import { kvPlan } from '../../serving/index.ts'
import {
  type CallsSummary,
  type CellSummary,
  distribution,
  estimate,
  mergeSeries,
  noVerdictReason,
  PARTS,
  percentile,
  percentiles,
  type Ratio,
  type RunSummary,
  supportsVerdict,
  TOKEN_TIMES,
} from '../../stats/index.ts'
import { callsResult } from './calls-result.ts'
import { memoryResult } from './memory-result.ts'
import { sameRuns } from './same-runs.ts'
import { sumCounts } from './sum-counts.ts'

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
> & {
  readonly scenarioHash: string
  readonly capacitiesRps: readonly (number | null)[]
  /** the surges of the scenario, in the order of their starts */
  readonly surges: readonly { readonly class: string; readonly fromMs: number }[]
}

/**
 * One result document from the runs of one scenario: means over runs with t intervals. An interval
 * needs at least two runs; ten make it useful.
 */
export function resultOf(
  scenario: Scenario,
  runs: readonly RunSummary[],
  head: ResultHead,
): Result {
  const { scenarioHash, capacitiesRps, surges, ...rest } = head
  const judged = judgedPercentiles(scenario)
  const same = rest.world === 'simulated' ? sameRuns(runs) : null
  const observedS = scenario.duration_s - scenario.warmup_s
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
      parts: Object.fromEntries(
        PARTS.map((part) => [part, distribution(cells.map(({ parts }) => parts[part]))]),
      ) as Result['classes'][number]['parts'],
      goodput_rps: estimate(
        cells.map(({ good }) => good / observedS),
        arrived,
      ),
      goodput_share: estimate(
        cells.map(({ good, counts }) => good / counts.arrived),
        arrived,
        1,
      ),
      retries: cells.reduce((sum, { retries }) => sum + retries, 0),
      tokens: tokenTimes(cells),
    }
  }
  return {
    document: 'spillway-result',
    format: 1,
    ...rest,
    warnings: [...rest.warnings, ...(same === null ? [] : [same])],
    scenario: { name: scenario.name, hash: scenarioHash, description: scenario.description },
    runs: runs.length,
    requests: runs[0]!.requests,
    duration_s: scenario.duration_s,
    warmup_s: scenario.warmup_s,
    classes: scenario.traffic.map((traffic, i) => ({
      ...cell(traffic.class, (run) => run.classes[i]!),
      calls: callsResult(runs.map(({ calls }) => calls[i]!)),
    })),
    pools: scenario.pools.map((pool, i) => ({
      ...cell(pool.name, (run) => run.pools[i]!),
      shed_by: sumCounts(runs.map((run) => run.pools[i]!.shedBy)),
      replicas: pool.replicas,
      capacity_rps: capacitiesRps[i] ?? null,
      utilisation: estimate(
        runs.map((run) => run.busyMs[i]! / (run.observedMs * pool.replicas)),
        runs.length,
      ),
      wasted: estimate(
        runs.map((run) => run.wastedMs[i]! / run.busyMs[i]!),
        runs.length,
        1,
      ),
      batch_mean: estimate(
        runs.map((run) => batchMean(run.batchSizes[i]!)),
        runs.length,
      ),
      batch_efficiency: batchesLengths(scenario, pool)
        ? estimate(
            runs.map((run) => run.efficiency[i]!),
            runs.length,
            1,
          )
        : null,
      batch_sizes: runs[0]!.batchSizes[i]!.map((_, size) =>
        runs.reduce((sum, run) => sum + run.batchSizes[i]![size]!, 0),
      ),
      kv_blocks:
        pool.generation === undefined
          ? null
          : estimate(
              runs.map((run) => run.kvBlocks[i]!),
              runs.length,
            ),
      kv_blocks_limit: kvBlocks(pool, scenario),
      prefix_hit_rate: prefixes(pool) ? hitRate(runs.map((run) => run.prefixes[i]!)) : null,
    })),
    objectives: scenario.traffic.flatMap((traffic, i) =>
      (scenario.slo[traffic.class] ?? []).map((text) => ({
        class: traffic.class,
        text,
        ...judge(
          parseObjective(text)!,
          runs.map((run) => ({ ...run.classes[i]!, calls: run.calls[i] ?? null })),
          judged,
        ),
      })),
    ),
    memory: memoryResult(runs.map(({ memory }) => memory)),
    surges: surges.map((surge, i) => surgeResult(surge, runs, i)),
    tail: tail(runs),
    tails: rest.world === 'measured' ? runs.map((run) => run.tail.map(point)) : [],
    series: mergeSeries(runs.map((run) => run.series)),
  }
}

function tokenTimes(cells: readonly CellSummary[]): Result['classes'][number]['tokens'] {
  const tokens = cells.map((cell) => cell.tokens)
  if (tokens.some((run) => run === null)) return null
  const times = TOKEN_TIMES.map((name) => [name, distribution(tokens.map((run) => run![name]))])
  return {
    ...Object.fromEntries(times),
    preemptions: estimate(
      tokens.map((run) => run!.preemptions),
      cells.length,
    ),
  }
}

function surgeResult(
  { class: name, fromMs }: ResultHead['surges'][number],
  runs: readonly RunSummary[],
  i: number,
): Result['surges'][number] {
  // a run that ended before the surge has no backlog from it
  const each = runs.map(({ surges }) => surges[i] ?? { peak: 0, recoveryMs: 0 })
  const lasting = each.filter(({ recoveryMs }) => recoveryMs === Number.POSITIVE_INFINITY)
  const recovery_s =
    lasting.length === 0
      ? estimate(
          each.map(({ recoveryMs }) => recoveryMs / 1000),
          runs.length,
        )
      : {
          value: null,
          low: null,
          high: null,
          n: runs.length,
          reason: `not before the next surge or the end in ${lasting.length} of ${runs.length} runs`,
        }
  const peak_backlog = estimate(
    each.map(({ peak }) => peak),
    runs.length,
  )
  return { class: name, at_s: fromMs / 1000, peak_backlog, recovery_s }
}

/** The percentiles of a scenario's objectives, for `summariseRun`: any, such as p(98). */
export function judgedPercentiles(scenario: Scenario): number[] {
  const named = Object.values(scenario.slo).flatMap((texts) =>
    texts.flatMap((text) => {
      const objective = parseObjective(text)
      return objective && objective.kind !== 'goodput' ? [objective.percentile] : []
    }),
  )
  return [...new Set(named)]
}

function judge(
  objective: Objective,
  cells: readonly (CellSummary & { readonly calls: CallsSummary | null })[],
  percentiles: readonly number[],
) {
  const { kind } = objective
  const each = cells.map(({ counts, calls }) => (kind === 'call' ? calls!.made : counts.arrived))
  const arrived = each.reduce((sum, n) => sum + n, 0)
  const perRun = Math.min(...each)
  const values = cells.map(({ good, counts, judged, tokens, calls }) => {
    if (objective.kind === 'goodput') return good / counts.arrived
    const at = percentiles.indexOf(objective.percentile)
    if (kind === 'call') return calls!.judged[at]!
    const times = kind === 'latency' ? judged : tokens?.judged[objective.kind as 'ttft' | 'tpot']
    return times?.[at] ?? Number.NaN
  })
  const met = estimate(values, arrived, objective.kind === 'goodput' ? 1 : undefined)
  if (objective.kind !== 'goodput' && !supportsVerdict(perRun, objective.percentile)) {
    const reason = noVerdictReason(perRun, objective.percentile, 'in each run')
    return { estimate: { reason, ...met }, verdict: 'UNDECIDED' as const }
  }
  if (met.value !== null && met.low === null) {
    const reason = 'a single run has no interval'
    return { estimate: { ...met, reason }, verdict: 'UNDECIDED' as const }
  }
  const lost = values.every((value) => value === Number.POSITIVE_INFINITY)
  return { estimate: met, verdict: lost ? ('FAIL' as const) : verdictOf(objective, met) }
}

/** PASS or FAIL only where the whole interval is on one side of the limit. */
function verdictOf(objective: Objective, { value, low, high }: Estimate): Verdict {
  if (value === null || low === null || high === null) return 'UNDECIDED'
  if (objective.kind === 'goodput') {
    if (low > objective.share || low === 1) return 'PASS'
    return high <= objective.share ? 'FAIL' : 'UNDECIDED'
  }
  if (high < objective.limitMs) return 'PASS'
  return low >= objective.limitMs ? 'FAIL' : 'UNDECIDED'
}

/** Whether requests of a pool have lengths, and go in batches. */
function batchesLengths({ models }: Scenario, { model, generation }: Scenario['pools'][number]) {
  return generation === undefined && takesLength(models[model]!)
}

function batchMean(sizes: readonly number[]): number {
  const batches = sizes.reduce((sum, count) => sum + count, 0)
  return sizes.reduce((sum, count, i) => sum + count * (i + 1), 0) / batches
}

const point = ({ p, value }: { p: number; value: number }): TailPoint => ({
  p,
  value,
  low: null,
  high: null,
})

/** Median over runs and the range of the middle 95 % of runs, where all runs support the point. */
function tail(runs: readonly RunSummary[]): TailPoint[] {
  const shortest = runs.reduce((a, b) => (b.tail.length < a.tail.length ? b : a))
  return shortest.tail.slice(0, -1).map(({ p }, i) => {
    const values = Float64Array.from(runs, (run) => run.tail[i]!.value).sort()
    const band = runs.length > 1
    return {
      p,
      value: percentile(values, 0.5),
      low: band ? percentile(values, 0.025) : null,
      high: band ? percentile(values, 0.975) : null,
    }
  })
}

const prefixes = ({ generation }: Pool) => generation?.kv_cache?.prefix_cache === true

function hitRate(runs: readonly Ratio[]) {
  return estimate(
    runs.map(({ part, of }) => part / of),
    runs.reduce((sum, { of }) => sum + of, 0),
    1,
  )
}

/** KV-cache blocks of a replica; null for no limit. */
function kvBlocks(pool: Pool, scenario: Scenario): number | null {
  if (pool.generation === undefined) return null
  const { blocks } = kvPlan(pool, scenario)
  return Number.isFinite(blocks) ? blocks : null
}

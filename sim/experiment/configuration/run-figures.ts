import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type CellSummary, type Figures, PARTS, type RunDrift } from '../../stats/index.ts'
import { allExtrapolated, type Extrapolated } from '../figures/extrapolation.ts'
import type { JudgedRunSummary, RunSummary } from '../figures/run-summary.ts'
import { capacityUtilisation } from '../figures/work.ts'
import { type ObjectiveFigure, objectiveFigures } from '../result/objectives.ts'
import { batchMean } from '../result/over-runs.ts'
import { paidReplicas } from './paid-replicas.ts'

/** What a table of configurations needs of one replication: some hundred numbers. */
export interface RunFigures {
  /** hash of the requests */
  readonly requests: string
  /** where nothing random was drawn: every other replication is the same */
  readonly exact?: true | undefined
  readonly classes: readonly ClassFigures[]
  readonly pools: readonly PoolFigures[]
  /** of each objective, class by class, what it is judged on */
  readonly objectives: readonly ObjectiveFigure[]
  /** the same with the longest times that a transfer allows; absent where nothing is transferred */
  readonly slower?: readonly ObjectiveFigure[] | undefined
  /** work of each pool beyond what its times were measured at; absent where none may be */
  readonly extrapolated?: readonly (Extrapolated | null)[] | undefined
  /** of a plan that must survive losses: the same with each loss; absent elsewhere */
  readonly lost?: readonly LostFigures[] | undefined
  /** peak memory in use over the limit of the fullest space; null without a limit */
  readonly memoryOfLimit: number | null
  readonly drift: RunDrift
  /** from the end of the warm-up to the last event, s */
  readonly observedS: number
  /** latency of served requests of all classes, ms; absent where it was not asked for */
  readonly overall?: Figures | undefined
}

/** What objectives are judged on where something is lost. */
export interface LostFigures {
  /** what is lost, such as "a replica of gpus" */
  readonly text: string
  readonly objectives: readonly ObjectiveFigure[]
  readonly slower?: readonly ObjectiveFigure[] | undefined
  readonly extrapolated?: readonly (Extrapolated | null)[] | undefined
}

interface ClassFigures {
  readonly arrived: number
  readonly served: number
  /** answered while the traffic lasts, after the warm-up, whenever they were scheduled */
  readonly servedInTraffic: number
  /** tokens of served requests; 0 where nothing is generated */
  readonly generated: number
  /** time to first token and mean time for each next one, ms; absent where nothing is generated */
  readonly ttft?: Figures | undefined
  readonly tpot?: Figures | undefined
  /** requests that met every objective of their class */
  readonly good: number
  /** of served requests, ms */
  readonly latency: Figures
  /** PERCENTILES over all arrivals, ms; Infinity where one falls on a lost request */
  readonly all: readonly number[]
  /** mean of each of PARTS, and of the network where there is one, ms */
  readonly parts: readonly number[]
}

interface PoolFigures {
  /** that are paid for, mean over time */
  readonly replicas: number
  /** busy time over the time that is paid for */
  readonly utilisation: number
  /** time that the work of engines needs at capacity, over the same; null for none */
  readonly capacityUtilisation: number | null
  /** mean size of its batches; NaN without any */
  readonly batchMean: number
  /** mean power of its accelerators, W, and their energy a request, J; null where not known */
  readonly energy: { readonly powerW: number; readonly jouleEach: number } | null
}

/** `slower`: the same replication with the longest times that a transfer allows. */
export function runFigures(
  scenario: Scenario,
  run: RunSummary,
  slower: JudgedRunSummary | null = null,
): RunFigures {
  return {
    requests: run.requests,
    ...(run.exact && { exact: true as const }),
    classes: run.classes.map(classFigures),
    pools: paidReplicas(scenario, run).map((replicas, i) => ({
      replicas,
      utilisation: run.busyMs[i]! / run.paidMs[i]!,
      capacityUtilisation: capacityUtilisation(run, i),
      batchMean: batchMean(run.batchSizes[i]!),
      energy: energyOf(run, i),
    })),
    objectives: objectiveFigures(scenario, run),
    ...(slower !== null && { slower: objectiveFigures(scenario, slower) }),
    ...(run.extrapolation !== null && { extrapolated: run.extrapolation }),
    memoryOfLimit: fullestShare(run),
    drift: run.drift,
    observedS: run.observedMs / 1000,
  }
}

/** The same with the latency over all classes, by which variants are compared. */
export const overallFigures: typeof runFigures = (scenario, run, slower) => ({
  ...runFigures(scenario, run, slower),
  overall: run.all,
})

/** Work of each pool beyond what its times were measured at, over runs. */
export function extrapolatedWork(
  runs: readonly Pick<RunFigures, 'extrapolated'>[],
): (Extrapolated | null)[] {
  const pools = Math.max(...runs.map(({ extrapolated }) => extrapolated?.length ?? 0))
  return Array.from({ length: pools }, (_, i) =>
    allExtrapolated(runs.map(({ extrapolated }) => extrapolated?.[i] ?? null)),
  )
}

function energyOf({ power, observedMs, pools }: RunSummary, pool: number): PoolFigures['energy'] {
  const own = power[pool] ?? null
  if (own === null) return null
  const { joules } = own
  return {
    powerW: (1000 * joules) / observedMs,
    jouleEach: joules / pools[pool]!.counts.served,
  }
}

function classFigures({
  counts,
  inTraffic,
  tokens,
  good,
  latency,
  all,
  parts,
  network,
}: CellSummary): ClassFigures {
  const { arrived, served } = counts
  const means = PARTS.map((part) => parts[part].mean)
  if (network.n > 0) means.push(network.mean)
  const generated = tokens?.generated ?? 0
  const { served: servedInTraffic } = inTraffic
  return {
    ...{ arrived, served, servedInTraffic, generated, good, latency, all, parts: means },
    ...(tokens !== null && { ttft: tokens.ttft, tpot: tokens.tpot }),
  }
}

function fullestShare({ memory }: RunSummary): number | null {
  const shares = memory.flatMap(({ peakInUse, limitBytes }) =>
    Number.isFinite(limitBytes) ? [peakInUse / limitBytes] : [],
  )
  return shares.length === 0 ? null : Math.max(...shares)
}

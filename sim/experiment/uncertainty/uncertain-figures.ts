import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Estimate, Percentiles, Result, Uncertainty } from '../../documents/index.ts'
import { sum } from '../../kernel/index.ts'
import { PERCENTILES, percentileKey } from '../../stats/index.ts'
import { costOf, servedRates } from '../configuration/cost.ts'
import type { RunFigures } from '../configuration/run-figures.ts'

/** Replications of the scenario at one draw of its inputs. */
export interface DrawnRuns {
  readonly scenario: Scenario
  /** requests/s; null where it is not known */
  readonly capacityRps: number | null
  readonly runs: readonly RunFigures[]
}

type Named = Pick<Uncertainty['figures'][number], 'class' | 'metric' | 'p'>

/** A figure that inputs change. */
export interface UncertainFigure extends Named {
  /** as the result has it, at the stated values */
  readonly estimate: Estimate
  /** in one replication; NaN where it has none */
  readonly of: (drawn: DrawnRuns, run: RunFigures) => number
}

/** The figures of a result that have a wider interval. `capacityRps`: at the stated values. */
export function uncertainFigures(result: Result, capacityRps: number | null): UncertainFigure[] {
  return [
    ...result.classes.flatMap((ofClass, i) => classFigures(ofClass, i)),
    ...systemFigures(result, capacityRps),
  ].filter(({ estimate }) => estimate.value !== null)
}

function classFigures(ofClass: Result['classes'][number], i: number): UncertainFigure[] {
  const { name, latency, tokens, goodput_share: goodput } = ofClass
  const times = (metric: 'latency' | 'ttft' | 'tpot', estimates: Percentiles): UncertainFigure[] =>
    PERCENTILES.map((p, level) => ({
      class: name,
      metric,
      p,
      estimate: estimates[percentileKey(p)],
      of: (_, run) => run.classes[i]![metric]?.percentiles[level] ?? Number.NaN,
    }))
  return [
    {
      class: name,
      metric: 'latency',
      p: null,
      estimate: latency.mean,
      of: (_, run) => run.classes[i]!.latency.mean,
    },
    ...times('latency', latency.percentiles),
    ...(tokens === null
      ? []
      : [...times('ttft', tokens.ttft.percentiles), ...times('tpot', tokens.tpot.percentiles)]),
    {
      class: name,
      metric: 'goodput_share',
      p: null,
      estimate: goodput,
      of: (_, run) => run.classes[i]!.good / run.classes[i]!.arrived,
    },
  ]
}

/** Those of the system as a whole. `capacity`: at the stated values. */
export function systemFigures(
  { load, cost, runs }: Pick<Result, 'load' | 'cost' | 'runs'>,
  capacity: number | null,
): UncertainFigure[] {
  const exact = (value: number | null): Estimate => ({ value, low: value, high: value, n: runs })
  const figure = (
    metric: Named['metric'],
    estimate: Estimate | null | undefined,
    of: UncertainFigure['of'],
  ): UncertainFigure[] => (estimate == null ? [] : [{ class: null, metric, p: null, estimate, of }])
  const ofCost =
    (key: 'usd_per_million' | 'usd_per_million_tokens'): UncertainFigure['of'] =>
    (drawn, run) =>
      costAt(drawn, run)?.[key]?.value ?? Number.NaN
  return [
    ...figure('capacity_rps', exact(capacity), ({ capacityRps }) => capacityRps ?? Number.NaN),
    ...figure('load', exact(load), (drawn, run) => loadAt(drawn, run)),
    ...figure(
      'usd_per_hour',
      cost && exact(cost.usd_per_hour),
      (drawn, run) => costAt(drawn, run)?.usd_per_hour ?? Number.NaN,
    ),
    ...figure('usd_per_million', cost?.usd_per_million, ofCost('usd_per_million')),
    ...figure(
      'usd_per_million_tokens',
      cost?.usd_per_million_tokens,
      ofCost('usd_per_million_tokens'),
    ),
  ]
}

const countedS = ({ duration_s, warmup_s }: Scenario) => duration_s - warmup_s

function loadAt({ scenario, capacityRps }: DrawnRuns, { classes }: RunFigures): number {
  if (capacityRps === null) return Number.NaN
  return sum(classes.map(({ arrived }) => arrived)) / countedS(scenario) / capacityRps
}

/** What a run costs; null without prices. */
export function costAt({ scenario }: DrawnRuns, { classes, pools }: RunFigures) {
  const { rps, tokensPerS } = servedRates(classes, countedS(scenario))
  const replicas = pools.map((pool) => pool.replicas)
  return costOf(scenario, [rps], [tokensPerS], [replicas])
}

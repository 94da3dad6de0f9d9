import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type ConfigurationRow, worstOrNull } from '../../documents/index.ts'
import { sum } from '../../kernel/index.ts'
import { distribution, estimate, percentiles } from '../../stats/index.ts'
import { judgeAll, judgedRuns } from '../result/objectives.ts'
import { overRuns } from '../result/over-runs.ts'
import { stabilityOf } from '../result/stability.ts'
import { hasMeasuredTimes, uncalibratedWarnings } from '../result/uncalibrated.ts'
import { withinEvidence } from '../transfer/doubts.ts'
import { transferWarnings } from '../transfer/transfer.ts'
import { costOf, servedRates } from './cost.ts'
import { extrapolatedWork, type RunFigures } from './run-figures.ts'

/** A configuration that was simulated: the scenario with its changes. */
export interface ConfiguredSystem {
  readonly scenario: Scenario
  /** requests/s; null where it is not known */
  readonly capacityRps: number | null
  /** where its batches or lengths are beyond those that were measured */
  readonly extrapolated: readonly string[]
}

/**
 * The row of a configuration in a table: the same figures, by the same estimators, as the result
 * document of a simulation of it has.
 */
export function configurationRow(
  { scenario, capacityRps, extrapolated }: ConfiguredSystem,
  runs: readonly RunFigures[],
): ConfigurationRow {
  const { duration_s, warmup_s } = scenario
  const countedS = duration_s - warmup_s
  const judged = judgeAll(
    scenario,
    runs.map((run) => run.objectives),
    judgedRuns(scenario, areSame(runs)),
  )
  const rates = runs.map(({ classes }) => servedRates(classes, countedS))
  const rate = sum(runs[0]!.classes.map(({ arrived }) => arrived)) / countedS
  const load = capacityRps === null ? null : rate / capacityRps
  const evidence = { slower: slowerOf(scenario, runs), work: extrapolatedWork(runs) }
  const objectives = withinEvidence(scenario, judged, evidence)
  const transferred = transferWarnings(scenario)
  return {
    replications: runs.length,
    ...(runs.every(({ exact }) => exact === true) && { exact: true as const }),
    capacity_rps: capacityRps,
    load,
    verdict: worstOrNull(objectives.map(({ verdict }) => verdict)),
    objectives,
    stability: stabilityOf(
      runs.map(({ drift }) => drift),
      scenario.pools,
    ),
    classes: scenario.traffic.map(({ class: name }, i) => {
      const each = runs.map(({ classes }) => classes[i]!)
      const arrived = sum(each.map((run) => run.arrived))
      return {
        name,
        arrived,
        latency: distribution(each.map(({ latency }) => latency)),
        latency_all: percentiles(each.map((run) => ({ n: run.arrived, values: run.all }))),
        ...tokenTimes(each),
        goodput_share: estimate(
          each.map((run) => run.good / run.arrived),
          arrived,
          1,
        ),
      }
    }),
    pools: scenario.pools.map(({ name }, i) => ({
      name,
      replicas: sum(runs.map(({ pools }) => pools[i]!.replicas)) / runs.length,
      utilisation: overRuns(runs, ({ pools }) => pools[i]!.utilisation, 1),
      ...(runs.every(({ pools }) => pools[i]!.capacityUtilisation !== null) && {
        capacity_utilisation: overRuns(runs, ({ pools }) => pools[i]!.capacityUtilisation!),
      }),
      batch_mean: overRuns(runs, ({ pools }) => pools[i]!.batchMean),
      ...(runs.some(({ pools }) => pools[i]!.energy === null)
        ? { power_w: null, joule_per_request: null }
        : {
            power_w: overRuns(runs, ({ pools }) => pools[i]!.energy!.powerW),
            joule_per_request: overRuns(runs, ({ pools }) => pools[i]!.energy!.jouleEach),
          }),
    })),
    extrapolated: [...extrapolated],
    ...(transferred.length > 0 && { transferred }),
    uncalibrated: uncalibratedWarnings(scenario),
    ...(hasMeasuredTimes(scenario) && { measured_times: true as const }),
    cost: costOf(
      scenario,
      rates.map(({ rps }) => rps),
      rates.map(({ tokensPerS }) => tokensPerS),
      runs.map(({ pools }) => pools.map(({ replicas }) => replicas)),
    ),
  }
}

/** Token times of a class that every run has generated something for. */
function tokenTimes(each: readonly RunFigures['classes'][number][]) {
  const times = each.flatMap(({ ttft, tpot }) =>
    ttft === undefined || tpot === undefined ? [] : [{ ttft, tpot }],
  )
  if (times.length < each.length) return {}
  return {
    ttft: distribution(times.map(({ ttft }) => ttft)),
    tpot: distribution(times.map(({ tpot }) => tpot)),
  }
}

/** The objectives with the longest times that a transfer allows; null where those were not run. */
function slowerOf(scenario: Scenario, runs: readonly RunFigures[]) {
  const each = runs.flatMap(({ slower }) => (slower === undefined ? [] : [slower]))
  if (each.length < runs.length) return null
  return judgeAll(scenario, each, judgedRuns(scenario, areSame(each)))
}

/** Replications that are the same are one exact result. */
function areSame(runs: readonly unknown[]): boolean {
  const [first, ...others] = runs.map((run) => JSON.stringify(run))
  return others.length > 0 && others.every((run) => run === first)
}

import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { carbonG } from '../../accelerator/index.ts'
import type { PoolEnergy } from '../../documents/index.ts'
import type { PowerSummary, RunSummary } from '../../stats/index.ts'
import { overRuns } from './over-runs.ts'
import { uncalibratedPower } from './uncalibrated.ts'

/** Energy, carbon and heat of the accelerators of a pool; null where its power is not known. */
export function energyResult(
  scenario: Scenario,
  runs: readonly RunSummary[],
  index: number,
): PoolEnergy | null {
  const pool = scenario.pools[index]!
  if (runs.some(({ power }) => power[index] === null)) return null
  const of = (run: RunSummary) => run.power[index]!
  const served = (run: RunSummary) => run.pools[index]!.counts.served
  const generated = (run: RunSummary) => run.pools[index]!.tokens?.generated ?? 0
  const { carbon } = scenario
  const everyS = scenario.duration_s / of(runs[0]!).series.length
  return {
    power_w: overRuns(runs, (run) => (1000 * of(run).joules) / run.observedMs),
    joule_per_request: overRuns(runs, (run) => of(run).joules / served(run)),
    joule_per_token: runs.some((run) => generated(run) > 0)
      ? overRuns(runs, (run) => of(run).joules / generated(run))
      : null,
    carbon_g_per_request:
      carbon === undefined
        ? null
        : overRuns(runs, (run) => {
            const grid = { gramsPerKwh: carbon.grid_g_per_kwh, pue: carbon.pue }
            return carbonG(of(run).joules / served(run), grid)
          }),
    shutdowns: shutdowns(runs, index, everyS),
    uncalibrated: uncalibratedPower(pool),
    series: {
      every_s: everyS,
      power_w: meanOf(runs.map((run) => of(run).series.map((joules) => joules / everyS))),
      heat: heatSeries(pool, runs.map(of)),
    },
  }
}

function shutdowns(
  runs: readonly RunSummary[],
  index: number,
  everyS: number,
): PoolEnergy['shutdowns'] {
  const downs = runs.map(({ power }) => power[index]!.downs)
  if (downs.some((own) => own === null)) return null
  return {
    count: downs.reduce((sum, own) => sum + own!.count, 0),
    down: overRuns(
      runs,
      ({ power, observedMs }) => (1000 * power[index]!.downs!.downS) / observedMs,
    ),
    series: meanOf(downs.map((own) => own!.series.map((replicaS) => replicaS / everyS))),
  }
}

/** Means over runs; a run that ended before an interval has none in it. */
function heatSeries(pool: Pool, runs: readonly PowerSummary[]): PoolEnergy['series']['heat'] {
  if (pool.heat === undefined) return null
  return {
    warmest_c: meanOf(runs.map(({ heat }) => heat!.warmestC)),
    lowest_clock: meanOf(runs.map(({ heat }) => heat!.slowest)),
  }
}

function meanOf(series: readonly (readonly number[])[]): number[] {
  return series[0]!.map((_, i) => series.reduce((sum, of) => sum + of[i]!, 0) / series.length)
}

import type { Pool } from '../../../scenarios/schema/schema.ts'
import { carbonG } from '../../accelerator/index.ts'
import type { PoolEnergy } from '../../documents/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { RecorderSummary } from '../../stats/index.ts'
import type { HeatDownSummary } from '../../world/index.ts'
import { overRuns } from '../result/over-runs.ts'
import { uncalibratedPower } from '../result/uncalibrated.ts'
import { isPowered } from '../simulation/power-plan.ts'
import { eachOfPool, type PoolFamily } from './family.ts'

/** Energy of the accelerators of a pool, and their heat over time. */
export interface PowerSummary {
  /** from the end of the warm-up to the last event */
  readonly joules: number
  /** in each interval of the traffic, J */
  readonly series: readonly number[]
  /** at the end of each interval: warmest accelerator (°C) and lowest clock; null without heat */
  readonly heat: {
    readonly warmestC: readonly number[]
    readonly slowest: readonly number[]
  } | null
  /** null where nothing is said of a temperature at which accelerators stop */
  readonly downs: HeatDownSummary | null
}

/** Energy, carbon and heat of the accelerators of each pool; null where its power is not known. */
export const power: PoolFamily<(PowerSummary | null)[], 'energy'> = {
  start({ scenario, simulated }) {
    const { pools } = scenario
    const { power: devices = null, lifecycle = null } = simulated ?? {}
    if (devices === null) return { observers: [], summary: () => pools.map(() => null) }
    const areGivenBack = pools.some((pool) => pool.scaling !== undefined && isPowered(pool))
    const summary = (endMs: Ms) => {
      const { totals, series } = devices.energy(endMs)
      return pools.map((pool, i) => {
        if (!isPowered(pool)) return null
        const { warmestC, slowest } = devices.heat[i]!
        return {
          joules: totals[i]!,
          // the open interval after the traffic has no length of its own
          series: [...series[i]!].slice(0, -1),
          heat: pool.heat === undefined ? null : { warmestC: [...warmestC], slowest: [...slowest] },
          downs: lifecycle?.heat?.summary(i, endMs) ?? null,
        }
      })
    }
    return { observers: areGivenBack ? [devices] : [], summary }
  },

  ofPool(summaries, of, index) {
    const each = eachOfPool(summaries, of, index)
    if (each === null) return { energy: null }
    const { scenario, runs } = of
    const pool = scenario.pools[index]!
    const served = (run: RecorderSummary) => run.pools[index]!.counts.served
    const generated = (run: RecorderSummary) => run.pools[index]!.tokens?.generated ?? 0
    const { carbon } = scenario
    const everyS = scenario.duration_s / each[0]!.series.length
    return {
      energy: {
        power_w: overRuns(each, ({ joules, run }) => (1000 * joules) / run.observedMs),
        joule_per_request: overRuns(each, ({ joules, run }) => joules / served(run)),
        joule_per_token: runs.some((run) => generated(run) > 0)
          ? overRuns(each, ({ joules, run }) => joules / generated(run))
          : null,
        carbon_g_per_request:
          carbon === undefined
            ? null
            : overRuns(each, ({ joules, run }) => {
                const grid = { gramsPerKwh: carbon.grid_g_per_kwh, pue: carbon.pue }
                return carbonG(joules / served(run), grid)
              }),
        shutdowns: shutdowns(each, everyS),
        uncalibrated: uncalibratedPower(pool),
        series: {
          every_s: everyS,
          power_w: meanOf(each.map(({ series }) => series.map((joules) => joules / everyS))),
          heat: heatSeries(pool, each),
        },
      },
    }
  },
}

function shutdowns(
  each: readonly { readonly downs: HeatDownSummary | null; readonly run: RecorderSummary }[],
  everyS: number,
): PoolEnergy['shutdowns'] {
  const known = each.flatMap(({ downs, run }) => (downs === null ? [] : [{ ...downs, run }]))
  if (known.length < each.length) return null
  return {
    count: known.reduce((sum, { count }) => sum + count, 0),
    down: overRuns(known, ({ downS, run }) => (1000 * downS) / run.observedMs),
    series: meanOf(known.map(({ series }) => series.map((replicaS) => replicaS / everyS))),
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

import type { RecorderSummary } from '../../stats/index.ts'
import { overRuns } from '../result/over-runs.ts'
import { eachOfPool, type PoolFigures } from './family.ts'

/** What the work of a pool needs at its capacity; nothing where that is not known. */
export const work: PoolFigures<unknown, 'capacity_utilisation' | 'needed_replicas'> = {
  ofPool(_summaries, of, index) {
    const { scenario, capacitiesRps, runs } = of
    const needed = (series: readonly (readonly number[])[]) => ({
      every_s: scenario.duration_s / series[0]!.length,
      mean: series[0]!.map((_, i) => series.reduce((sum, run) => sum + run[i]!, 0) / series.length),
    })
    const engines = eachOfPool(
      runs.map((run) => run.work),
      of,
      index,
    )
    if (engines !== null) {
      return {
        capacity_utilisation: overRuns(runs, (run) => capacityUtilisation(run, index)!),
        needed_replicas: needed(engines.map(({ series }) => series)),
      }
    }
    const { generation, replicas } = scenario.pools[index]!
    const capacityRps = capacitiesRps[index] ?? null
    if (generation !== undefined || capacityRps === null) return {}
    // batches at capacity are full
    const { every_s, mean } = needed(runs.map(({ batchedRps }) => batchedRps[index]!))
    const need = mean.map((rps) => (replicas * rps) / capacityRps)
    return { needed_replicas: { every_s, mean: need } }
  },
}

/** The share of the capacity of a pool that its work needs; null where that is not known. */
export function capacityUtilisation(
  { work: needs }: Pick<RecorderSummary, 'work'>,
  pool: number,
): number | null {
  const need = needs[pool] ?? null
  // a pool without replicas works at nothing
  return need && (need.neededMs === 0 ? 0 : need.neededMs / need.paidMs)
}

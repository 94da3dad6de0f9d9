import type { PoolAvailability } from '../../documents/index.ts'
import type { RunSummary } from '../../stats/index.ts'
import { overRuns } from './over-runs.ts'

/** How long the replicas of a pool took batches; null where none of them comes or goes. */
export function availabilityResult(
  runs: readonly RunSummary[],
  index: number,
  { replicas, durationS }: { readonly replicas: number; readonly durationS: number },
): PoolAvailability | null {
  if (runs.some(({ availability }) => availability === null)) return null
  const of = (run: RunSummary) => run.availability![index]!
  const { series } = of(runs[0]!)
  const everyS = durationS / series.length
  return {
    up_share: overRuns(runs, (run) => (1000 * of(run).upS) / (run.observedMs * replicas), 1),
    losses: runs.reduce((sum, run) => sum + of(run).losses, 0),
    series: {
      every_s: everyS,
      replicas: series.map(
        (_, i) => runs.reduce((sum, run) => sum + of(run).series[i]!, 0) / (everyS * runs.length),
      ),
    },
  }
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { PoolAvailability } from '../../documents/index.ts'
import type { RunSummary } from '../../stats/index.ts'
import { overRuns } from './over-runs.ts'

/** Of more decisions the first ones are in a result. */
const MOST_STEPS = 1000

/** How long the replicas of a pool took batches; null where none of them comes or goes. */
export function availabilityResult(
  scenario: Scenario,
  runs: readonly RunSummary[],
  index: number,
): PoolAvailability | null {
  if (runs.some(({ availability }) => availability === null)) return null
  const { replicas, scaling } = scenario.pools[index]!
  const of = (run: RunSummary) => run.availability![index]!
  const everyS = scenario.duration_s / of(runs[0]!).series.length
  const mean = (seriesOf: (run: RunSummary) => readonly number[]) =>
    seriesOf(runs[0]!).map(
      (_, i) => runs.reduce((sum, run) => sum + seriesOf(run)[i]!, 0) / (everyS * runs.length),
    )
  return {
    up_share:
      scaling === undefined
        ? overRuns(runs, (run) => (1000 * of(run).upS) / (run.observedMs * replicas), 1)
        : overRuns(runs, (run) => of(run).upS / of(run).paidS, 1),
    serving: overRuns(runs, (run) => (1000 * of(run).upS) / run.observedMs),
    paid: overRuns(runs, (run) => (1000 * of(run).paidS) / run.observedMs + (scaling?.warm ?? 0)),
    losses: runs.reduce((sum, run) => sum + of(run).losses, 0),
    series: {
      every_s: everyS,
      serving: mean((run) => of(run).series),
      paid: mean((run) => of(run).paid).map((count) => count + (scaling?.warm ?? 0)),
    },
    decisions: of(runs[0]!)
      .steps.slice(0, MOST_STEPS)
      .map(({ at, replicas: wanted, reason }) => ({ at_s: at / 1000, replicas: wanted, reason })),
    regret: null,
  }
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { PoolEjections, PoolResult } from '../../documents/index.ts'
import type { RunSummary } from '../../stats/index.ts'
import { availabilityResult } from './availability.ts'
import { overRuns } from './over-runs.ts'

/** Which replicas of a pool serve: those that are up, and those that are not ejected. */
export function replicasResult(
  scenario: Scenario,
  runs: readonly RunSummary[],
  index: number,
): Pick<PoolResult, 'availability' | 'ejections'> {
  const availability = availabilityResult(scenario, runs, index)
  if (scenario.pools[index]!.outlier_detection === undefined) return { availability }
  return { availability, ejections: ejectionsResult(runs, index) }
}

/** Ejections of the replicas of a pool with outlier detection. */
function ejectionsResult(runs: readonly RunSummary[], index: number): PoolEjections {
  const each = runs.map(({ ejections }) => ejections![index]!)
  const summed = (of: (run: (typeof each)[number]) => number) =>
    each.reduce((sum, run) => sum + of(run), 0)
  const countOf = ({ by }: (typeof each)[number]) =>
    by.consecutive + by['success-rate'] + by['failure-percentage']
  return {
    count: overRuns(each, countOf),
    by: {
      consecutive: summed(({ by }) => by.consecutive),
      success_rate: summed(({ by }) => by['success-rate']),
      failure_percentage: summed(({ by }) => by['failure-percentage']),
    },
    ejected_s: overRuns(each, ({ ejectedS }) => ejectedS),
    panic_s: overRuns(each, ({ panicS }) => panicS),
    replicas: each[0]!.replicas
      .map((_, replica) => ({
        replica,
        ejections: summed(({ replicas }) => replicas[replica]!.ejections) / runs.length,
        ejected_s: summed(({ replicas }) => replicas[replica]!.ejectedS) / runs.length,
      }))
      .filter(({ ejections, ejected_s }) => ejections > 0 || ejected_s > 0),
  }
}

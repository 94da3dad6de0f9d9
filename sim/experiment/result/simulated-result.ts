import type { Result } from '../../documents/index.ts'
import type { RunSummary } from '../../stats/index.ts'
import { surgeWindows } from '../../traffic/index.ts'
import type { PreparedScenario } from '../system/prepared-scenario.ts'
import { loadOf, type Resolved } from '../system/resolve.ts'
import { resultOf } from './result.ts'

/** The document of simulated runs of a system. */
export function simulatedResult(
  system: PreparedScenario & Resolved,
  runs: readonly RunSummary[],
  by: Pick<Result, 'version' | 'commit' | 'profile'>,
): Result {
  const { scenario } = system
  const arrived = runs[0]!.classes.reduce((sum, { counts }) => sum + counts.arrived, 0)
  return resultOf(scenario, runs, {
    // in the order in which the document prints them
    version: by.version,
    commit: by.commit,
    world: 'simulated',
    scenarioHash: system.hash,
    seed: scenario.seed,
    profile: by.profile,
    load: loadOf(arrived / (scenario.duration_s - scenario.warmup_s), system),
    capacitiesRps: system.capacitiesRps,
    surges: surgeWindows(scenario),
    warnings: [],
    valid: true,
    garbage_collections: null,
    host: null,
  })
}

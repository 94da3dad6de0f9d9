import { PLAN_DEFAULTS } from '../../runtime/jobs/defaults.ts'
import { looksUpTo, type PlanFound, searchPlan } from '../../sim/experiment/index.ts'
import { stream } from '../../sim/kernel/index.ts'
import type { Known } from './exhaustive.ts'
import { objectivesAt } from './space.ts'

/** Requests of a run, as in the scenario of the study. */
const REQUESTS = 20_000
/** Share of the variance that configurations have in common, as they serve the same requests. */
const COMMON = 0.6

interface Run {
  readonly objectives: readonly {
    readonly value: number
    readonly n: number
    readonly upper: null
    readonly tail: null
  }[]
}

export interface ReplayedSearch {
  readonly outcome: PlanFound<Run>
  readonly simulations: number
}

/**
 * The search on figures drawn around those of the exhaustive run, in milliseconds: log p99 is
 * normal with the mean and deviation of its configuration, and correlated over configurations.
 */
export async function replayedSearch(
  configurations: readonly Known[],
  { seed, limitMs }: { readonly seed: number; readonly limitMs: number },
): Promise<ReplayedSearch> {
  const candidates = configurations.map((configuration) => ({
    ...configuration,
    replicas: [configuration.replicas],
  }))
  let simulations = 0
  const draw = (index: number, replication: number): Run => {
    simulations++
    const { mean, deviation } = configurations[index]!
    const common = stream(seed, replication, 'common').normal()
    const individual = stream(seed, replication, `own ${index}`).normal()
    const z = Math.sqrt(COMMON) * common + Math.sqrt(1 - COMMON) * individual
    return {
      objectives: [{ value: Math.exp(mean + deviation * z), n: REQUESTS, upper: null, tail: null }],
    }
  }
  const outcome = await searchPlan<Run>({
    candidates,
    today: candidates[0]!,
    objectives: objectivesAt(limitMs),
    looks: looksUpTo(PLAN_DEFAULTS.replications, PLAN_DEFAULTS.confidence),
    simulate: async (asks) =>
      asks.map(({ candidate, from, to }) =>
        Array.from({ length: to - from }, (_, i) => draw(candidate.index, from + i)),
      ),
  })
  return { outcome, simulations }
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { extrapolatedWork, type RunFigures } from '../configuration/run-figures.ts'
import type { Doubt } from '../transfer/doubt.ts'
import { doubtsOf } from '../transfer/doubts.ts'

/** Of each objective, and again with each loss that the runs have, why its times are in doubt. */
export function runDoubts(
  scenario: Scenario,
  runs: readonly Pick<RunFigures, 'extrapolated' | 'lost'>[],
): (Doubt | null)[] {
  const losses = runs[0]?.lost ?? []
  const withLosses = losses.map((_, i) => extrapolatedWork(runs.map(({ lost }) => lost![i]!)))
  return [extrapolatedWork(runs), ...withLosses].flatMap((work) => doubtsOf(scenario, work))
}

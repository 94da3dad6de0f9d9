import { scenarioValues } from '../schema/scenario-values.ts'
import type { Scenario } from '../schema/schema.ts'

/** Keys without an effect on the simulation. */
export const LABELS = ['name', 'description']

/**
 * Differences between two scenarios: "pools.central.batching.max_batch: 8 → 2" for each value, in
 * the order of the file. Pools and classes are referred to by name, as in `--set`.
 */
export function scenarioChanges(before: Scenario, after: Scenario): string[] {
  const [a, b] = [before, after].map(
    (scenario) => new Map(scenarioValues(scenario).map(({ path, text }) => [path, text])),
  )
  const paths = [...new Set([...a!.keys(), ...b!.keys()])]
  return paths
    .filter((path) => !LABELS.includes(path) && a!.get(path) !== b!.get(path))
    .map((path) => `${path}: ${a!.get(path) ?? 'none'} → ${b!.get(path) ?? 'none'}`)
}

import { mayRepeat as mayArrivalsRepeat } from '../../traffic/index.ts'
import type { SimulationInput } from '../system/simulation-input.ts'

/**
 * Whether the replications of a simulation may all be the same, by what is quickly seen. Its first
 * replication then shows whether they are, by the streams that it draws from.
 */
export function mayRepeat({
  scenario,
  models,
  requests,
}: Pick<SimulationInput, 'scenario' | 'models' | 'requests'>): boolean {
  // profiles have recorded stalls and speeds, of which each replication draws its own
  if (models.some((model) => model !== null)) return false
  if (requests !== null) return true
  return scenario.traffic.every(({ arrivals }) => mayArrivalsRepeat(arrivals))
}

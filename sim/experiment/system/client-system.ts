import { clientSide, isServed } from '../../../scenarios/schema/client-side.ts'
import { servingPlan } from '../../serving/index.ts'
import type { SimulationInput } from './simulation-input.ts'

/**
 * A system as its replays have it: where a server queues and forms batches, that of its clients.
 * Rates and capacity stay those of the system, and so does what its simulations are of.
 */
export function clientSystem<S extends Pick<SimulationInput, 'scenario' | 'plan'>>(system: S): S {
  const scenario = clientSide(system.scenario)
  if (scenario === system.scenario) return system
  const plan = servingPlan(scenario)
  const pools = plan.pools.map((pool, i) =>
    isServed(scenario.pools[i]!) ? { ...pool, connections: true as const } : pool,
  )
  return { ...system, scenario, plan: { ...plan, pools } }
}

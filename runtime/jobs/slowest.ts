import { Failure } from '../../scenarios/index.ts'
import { resolveSystem, slowestScenario } from '../../sim/experiment/index.ts'
import { backlogWarning } from './demand.ts'
import type { System } from './prepare.ts'

/**
 * The system with the longest times that its transferred fits allow, at the same rates; null where
 * nothing is transferred, nothing is judged or bounds the times, or its queues would not fit into
 * memory in so many simulations at once.
 */
export function slowestSystem(system: System, atOnce: number): System | null {
  const scenario = slowestScenario(system.scenario)
  if (scenario === null) return null
  const { capacityRps } = system
  const slow = { ...system, ...resolveSystem({ ...system, scenario }, system.profile), capacityRps }
  try {
    backlogWarning(slow, capacityRps, atOnce)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
  return slow
}

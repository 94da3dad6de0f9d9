import { Failure } from '../../scenarios/index.ts'
import { resolveSystem, slowestScenario } from '../../sim/experiment/index.ts'
import { backlogWarning } from './demand.ts'
import type { System } from './prepare.ts'

/**
 * The system with the longest times that its transferred fits allow, at the same rates; null where
 * nothing is transferred, nothing is judged or bounds the times, or its queues would not fit into
 * memory on so many threads.
 */
export function slowestSystem(system: System, threads: number): System | null {
  const scenario = slowestScenario(system.scenario)
  if (scenario === null) return null
  const { capacityRps } = system
  const slow = { ...system, ...resolveSystem({ ...system, scenario }, system.profile), capacityRps }
  try {
    backlogWarning(slow, capacityRps, threads)
  } catch (error) {
    if (error instanceof Failure) return null
    throw error
  }
  return slow
}

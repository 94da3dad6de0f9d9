import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'

/** Whether the model of a pool comes and goes. */
export function hasSwappableModel({ devices }: Scenario, { memory }: Pool): boolean {
  const device = devices.find(({ name }) => name === memory?.device)
  return device?.residency !== undefined && memory?.pinned !== true
}

/** Whether it does in times that the scenario does not declare. */
export function hasMeasuredLoads(scenario: Scenario, pool: Pool): boolean {
  const device = scenario.devices.find(({ name }) => name === pool.memory?.device)
  return hasSwappableModel(scenario, pool) && device?.residency?.gib_per_s === undefined
}

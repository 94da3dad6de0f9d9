import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'

/** Whether the model of a pool is swapped in and out of its device's memory. */
export function hasSwappableModel({ devices }: Scenario, { memory }: Pool): boolean {
  const device = devices.find(({ name }) => name === memory?.device)
  return device?.residency !== undefined && memory?.pinned !== true
}

/** Whether it is swapped, and the scenario does not declare how long a load takes. */
export function hasMeasuredLoads(scenario: Scenario, pool: Pool): boolean {
  const device = scenario.devices.find(({ name }) => name === pool.memory?.device)
  return hasSwappableModel(scenario, pool) && device?.residency?.gib_per_s === undefined
}

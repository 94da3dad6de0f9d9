import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** What a configuration must survive: the loss of any replica, or of any place with its pools. */
export type Survive = 'replica' | 'site'

/** So long after the end of the traffic, in durations, what waited for it may go on. */
const BACK_AFTER = 2

/**
 * The losses that a configuration must survive, one at a time: a replica of each pool, as those of
 * a pool are alike, or all pools of each place. What is lost is down from the start, the control
 * plane knows it, and nothing is served by it while traffic lasts. Each with the scenario in which
 * it lasts for all of the run.
 */
export function lossesOf(
  scenario: Scenario,
  survive: Survive,
): { readonly text: string; readonly scenario: Scenario }[] {
  if (survive === 'replica') {
    return scenario.pools.map(({ name }) => ({
      text: `a replica of ${name}`,
      scenario: without(scenario, { pools: [name], replicas: [0] }),
    }))
  }
  return placesOf(scenario).map((place) => {
    const pools = scenario.pools.filter((pool) => pool.place === place).map(({ name }) => name)
    return { text: `site ${place}`, scenario: without(scenario, { pools }) }
  })
}

/** Places that have pools. */
export function placesOf({ pools }: Pick<Scenario, 'pools'>): string[] {
  return [...new Set(pools.flatMap(({ place }) => place ?? []))]
}

function without(
  scenario: Scenario,
  lost: { readonly pools: string[]; readonly replicas?: number[] },
): Scenario {
  const value = BACK_AFTER * scenario.duration_s
  const restart_s = { distribution: 'fixed' as const, value }
  // at the end, so that stated failures keep their random streams
  const failures = [
    ...(scenario.failures ?? []),
    { kind: 'crash' as const, ...lost, at_s: [0], detection_s: 0, restart_s },
  ]
  return { ...scenario, failures }
}

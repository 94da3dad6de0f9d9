import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scaledArrivals } from '../../traffic/index.ts'

/**
 * The scenario with `factor` times the traffic of every class: the same processes, surges and
 * bursts at higher rates. Null where the rate of a class cannot be scaled.
 */
export function withTraffic(scenario: Scenario, factor: number): Scenario | null {
  const traffic = scenario.traffic.flatMap((sending) => {
    const arrivals = scaledArrivals(sending.arrivals, factor)
    return arrivals === null ? [] : [{ ...sending, arrivals }]
  })
  return traffic.length < scenario.traffic.length ? null : { ...scenario, traffic }
}

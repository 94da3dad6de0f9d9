import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scaledArrivals } from '../../traffic/index.ts'

/**
 * The scenario with `factor` times the traffic of one class, or of all where `name` is null: the
 * same processes, surges and bursts at higher rates. Null where the rate of a class cannot be
 * scaled.
 */
export function withTraffic(
  scenario: Scenario,
  factor: number,
  name: string | null = null,
): Scenario | null {
  const traffic = scenario.traffic.flatMap((sending) => {
    if (name !== null && sending.class !== name) return [sending]
    const arrivals = scaledArrivals(sending.arrivals, factor)
    return arrivals === null ? [] : [{ ...sending, arrivals }]
  })
  return traffic.length < scenario.traffic.length ? null : { ...scenario, traffic }
}

import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { TrafficPart } from '../../../scenarios/schema/uncertain.ts'
import { withTraffic } from '../system/more-traffic.ts'
import { withLengths } from '../system/scaled-lengths.ts'

/** A draw of a part of the traffic. */
export interface TrafficDraw extends TrafficPart {
  /** how many times the part is the stated one */
  readonly times: number
}

/**
 * The scenario with drawn rates and lengths of its classes. The lengths of a trace are scaled as it
 * is read: traces that are held have to be read again.
 */
export function withTrafficDraws(scenario: Scenario, draws: readonly TrafficDraw[]): Scenario {
  return draws.reduce((drawn, { part, class: name, times }) => {
    // where the times of a token are drawn, too, there may be none, and no model takes lengths
    if (part === 'lengths') return withLengths(drawn, times, name) ?? drawn
    const scaled = withTraffic(drawn, times, name)
    if (scaled === null) throw new Error('Expected rates that can be multiplied')
    return scaled
  }, scenario)
}

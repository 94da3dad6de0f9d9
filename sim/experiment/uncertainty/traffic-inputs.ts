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
    const scaled = part === 'rates' ? withTraffic : withLengths
    // rates that cannot be multiplied are refused where the input is stated, and in a draw of the
    // times of a token no model may take lengths any more
    return scaled(drawn, times, name) ?? drawn
  }, scenario)
}

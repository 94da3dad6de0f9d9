import type { RoutingPlan } from '../routing-plan.ts'
import { type Candidate, leastOf, type RouterView, type RoutingPolicy } from '../routing-policy.ts'

type LengthThreshold = Extract<RoutingPlan, { policy: 'length-threshold' }>

/** Positions of the two pools among the candidates. */
interface Ends {
  readonly thresholdTokens: number
  readonly short: number
  readonly long: number
}

/** Requests up to a length go to one pool, longer ones to another. */
export const lengthThreshold: RoutingPolicy<LengthThreshold, Ends> = Object.freeze({
  kind: 'length-threshold',
  begin({ thresholdTokens, short, long }: LengthThreshold, candidates: readonly Candidate[]) {
    const positionOf = (number: number) =>
      Math.max(
        0,
        candidates.findIndex((candidate) => candidate.number === number),
      )
    return { thresholdTokens, short: positionOf(short), long: positionOf(long) }
  },
  choose({ thresholdTokens, short, long }: Ends, view: RouterView) {
    const isShort = view.requests.inputTokens[view.request]! <= thresholdTokens
    const choice = isShort ? short : long
    // only among queues, which no scenario can ask for, may a part be there already
    return view.taken[choice] === 0 ? choice : leastOf(view, () => 0)
  },
})

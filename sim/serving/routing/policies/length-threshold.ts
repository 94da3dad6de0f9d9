import type { RoutingPlan } from '../routing-plan.ts'
import { type Candidate, leastOf, type RouterView, type RoutingPolicy } from '../routing-policy.ts'

type LengthThreshold = Extract<RoutingPlan, { policy: 'length-threshold' }>

/** `short` and `long`: positions of the two pools among the candidates. */
interface ShortAndLong {
  readonly thresholdTokens: number
  readonly short: number
  readonly long: number
  readonly failOver: boolean
}

/** Requests up to a length go to one pool, longer ones to another. */
export const lengthThreshold: RoutingPolicy<LengthThreshold, ShortAndLong> = Object.freeze({
  kind: 'length-threshold',
  begin(plan: LengthThreshold, candidates: readonly Candidate[]) {
    const { thresholdTokens, short, long, failOver = false } = plan
    const positionOf = (number: number) =>
      Math.max(
        0,
        candidates.findIndex((candidate) => candidate.number === number),
      )
    return { thresholdTokens, short: positionOf(short), long: positionOf(long), failOver }
  },
  choose({ thresholdTokens, short, long, failOver }: ShortAndLong, view: RouterView) {
    const isShort = view.requests.inputTokens[view.request]! <= thresholdTokens
    const choice = isShort ? short : long
    if (failOver && view.candidates[choice]!.present === 0) {
      const spare = isShort ? long : short
      if (view.taken[spare] === 0 && view.candidates[spare]!.present > 0) return spare
    }
    // a pool that accepts nothing is passed over
    return view.taken[choice] === 0 ? choice : leastOf(view, () => 0)
  },
})

import type { RoutingPlan } from '../routing-plan.ts'
import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'

type Weighted = Extract<RoutingPlan, { policy: 'weighted' }>

interface Credits {
  readonly weights: Float64Array
  /** what each candidate has gained by its weight and not yet been sent */
  readonly credits: Float64Array
}

/**
 * Smooth weighted round robin, as in nginx (ngx_http_upstream_round_robin.c): each candidate gains
 * its weight, the one with the most is taken, of equals the first, and loses the sum of weights.
 */
export const weighted: RoutingPolicy<Weighted, Credits> = Object.freeze({
  kind: 'weighted',
  begin({ weights }: Weighted, candidates: readonly Candidate[]) {
    return {
      weights: Float64Array.from(candidates, ({ number }) => weights[number] ?? 1),
      credits: new Float64Array(candidates.length),
    }
  },
  choose({ weights, credits }: Credits, { taken }: RouterView) {
    let best = -1
    let gained = 0
    for (let i = 0; i < credits.length; i++) {
      if (taken[i] !== 0) continue
      gained += weights[i]!
      credits[i] = credits[i]! + weights[i]!
      if (best < 0 || credits[i]! > credits[best]!) best = i
    }
    if (best >= 0) credits[best] = credits[best]! - gained
    return best
  },
})

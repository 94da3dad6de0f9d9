import type { RoutingPlan } from '../routing-plan.ts'
import { leastOf, type RouterView, type RoutingPolicy } from '../routing-policy.ts'
import { predictedMs } from './least-work.ts'

type LatencyTarget = Extract<RoutingPlan, { policy: 'latency-target' }>

/**
 * The cheapest candidate that is predicted to meet the target of the class, of equals the one that
 * is predicted to be faster; where none is, the one that is predicted to end the request first.
 * The cheapest is taken until a request has ended.
 */
export const latencyTarget: RoutingPolicy<LatencyTarget, LatencyTarget> = Object.freeze({
  kind: 'latency-target',
  predicts: true,
  begin: (plan: LatencyTarget) => plan,
  choose({ targetsMs, prices }: LatencyTarget, view: RouterView) {
    const { requests, request, candidates } = view
    const targetMs = targetsMs[requests.class[request]!] ?? Number.POSITIVE_INFINITY
    const msOf = predictedMs(view)
    let best = -1
    let bestPrice = Number.POSITIVE_INFINITY
    for (let i = 0; i < candidates.length; i++) {
      if (view.taken[i] !== 0 || msOf(i) >= targetMs) continue
      const price = prices[candidates[i]!.number] ?? 0
      if (best < 0 || price < bestPrice || (price === bestPrice && msOf(i) < msOf(best))) {
        best = i
        bestPrice = price
      }
    }
    return best < 0 ? leastOf(view, msOf) : best
  },
})

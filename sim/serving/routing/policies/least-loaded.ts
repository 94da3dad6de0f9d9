import type { RoutingPlan } from '../routing-plan.ts'
import type { RouterView, RoutingPolicy } from '../routing-policy.ts'

/** The least loaded; of equals the first. */
export const leastLoaded: RoutingPolicy<
  Extract<RoutingPlan, { policy: 'least-loaded' }>,
  null
> = Object.freeze({
  kind: 'least-loaded',
  begin: () => null,
  choose(_: null, view: RouterView) {
    let best = -1
    let bestLoad = Number.POSITIVE_INFINITY
    for (let i = 0; i < view.candidates.length; i++) {
      if (view.taken[i] !== 0) continue
      const load = view.load(i)
      if (load < bestLoad) {
        best = i
        bestLoad = load
      }
    }
    return best
  },
})

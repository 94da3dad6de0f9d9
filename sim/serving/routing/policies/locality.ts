import type { RoutingPlan } from '../routing-plan.ts'
import type { RouterView, RoutingPolicy } from '../routing-policy.ts'

type Locality = Extract<RoutingPlan, { policy: 'locality' }>

/**
 * The nearest candidate whose load is below the limit; where there is none, the least loaded, of
 * equals the nearest. Candidates that are closed or cut off are passed over.
 */
export const locality: RoutingPolicy<Locality, number> = Object.freeze({
  kind: 'locality',
  begin: ({ maxLoad }: Locality) => maxLoad,
  choose(maxLoad: number, view: RouterView) {
    let nearest = -1
    let least = -1
    for (let i = 0; i < view.candidates.length; i++) {
      if (view.taken[i] !== 0) continue
      const ms = view.networkMs(i)
      const load = view.load(i)
      if (load < maxLoad && (nearest < 0 || ms < view.networkMs(nearest))) nearest = i
      const leastLoad = least < 0 ? Number.POSITIVE_INFINITY : view.load(least)
      if (load < leastLoad || (load === leastLoad && ms < view.networkMs(least))) least = i
    }
    return nearest < 0 ? least : nearest
  },
})

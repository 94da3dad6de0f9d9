import type { RoutingPlan } from '../routing-plan.ts'
import type { RouterView, RoutingPolicy } from '../routing-policy.ts'

type Locality = Extract<RoutingPlan, { policy: 'locality' }>

/**
 * The nearest candidate whose load is below the limit; where there is none, the nearest. Candidates
 * that are closed or cut off are passed over.
 */
export const locality: RoutingPolicy<Locality, number> = Object.freeze({
  kind: 'locality',
  begin: ({ maxLoad }: Locality) => maxLoad,
  choose(maxLoad: number, view: RouterView) {
    let nearest = -1
    let best = -1
    for (let i = 0; i < view.candidates.length; i++) {
      if (view.taken[i] !== 0) continue
      const ms = view.networkMs(i)
      if (nearest < 0 || ms < view.networkMs(nearest)) nearest = i
      if (view.load(i) < maxLoad && (best < 0 || ms < view.networkMs(best))) best = i
    }
    return best < 0 ? nearest : best
  },
})

import type { RoutingPlan } from '../routing-plan.ts'
import { leastOf, type RouterView, type RoutingPolicy } from '../routing-policy.ts'

type SpillOver = Extract<RoutingPlan, { policy: 'spill-over' }>

/** The first candidate whose load is below the limit; where there is none, the least loaded. */
export const spillOver: RoutingPolicy<SpillOver, number> = Object.freeze({
  kind: 'spill-over',
  begin: ({ maxLoad }: SpillOver) => maxLoad,
  choose(maxLoad: number, view: RouterView) {
    for (let i = 0; i < view.candidates.length; i++) {
      if (view.taken[i] === 0 && view.load(i) < maxLoad) return i
    }
    return leastOf(view, (i) => view.load(i))
  },
})

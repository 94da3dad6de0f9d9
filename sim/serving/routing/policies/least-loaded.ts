import type { RoutingPlan } from '../routing-plan.ts'
import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'

type LeastLoaded = Extract<RoutingPlan, { policy: 'least-loaded' }>

interface Equals {
  readonly ties: NonNullable<LeastLoaded['ties']>
  /** candidates with the least load so far, rising */
  readonly equals: Int32Array
  /** the candidate that was taken last; -1 for none */
  last: number
}

/**
 * The least loaded. Of equals one is drawn, as in Envoy's full scan, since the first one would get
 * all requests until an old view is refreshed; or they take turns, or the first one is taken.
 */
export const leastLoaded: RoutingPolicy<LeastLoaded, Equals> = Object.freeze({
  kind: 'least-loaded',
  begin: ({ ties = 'random' }: LeastLoaded, candidates: readonly Candidate[]) => ({
    ties,
    equals: new Int32Array(candidates.length),
    last: -1,
  }),
  choose({ ties, equals, last }: Equals, view: RouterView) {
    let count = 0
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < view.candidates.length; i++) {
      if (view.taken[i] !== 0) continue
      const load = view.load(i)
      if (load > least) continue
      if (load < least) count = 0
      least = load
      equals[count++] = i
    }
    if (count === 0) return -1
    if (count === 1 || ties === 'first') return equals[0]!
    if (ties === 'random') return equals[Math.floor(view.uniform(0) * count)]!
    for (let j = 0; j < count; j++) if (equals[j]! > last) return equals[j]!
    return equals[0]!
  },
  sent(state: Equals, candidate: number) {
    state.last = candidate
  },
})

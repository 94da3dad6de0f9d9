import type { RouterView, RoutingPolicy } from '../routing-policy.ts'

/** Candidates in turn; one that is taken is passed over. */
export const roundRobin: RoutingPolicy<{ readonly policy: 'round-robin' }, null> = Object.freeze({
  kind: 'round-robin',
  begin: () => null,
  choose(_: null, { candidates, turn, taken, anyTaken }: RouterView) {
    if (!anyTaken) return turn % candidates.length
    for (let i = 0; i < candidates.length; i++) {
      const next = (turn + i) % candidates.length
      if (taken[next] === 0) return next
    }
    return -1
  },
})

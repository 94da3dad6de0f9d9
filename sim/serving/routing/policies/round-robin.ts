import type { RouterView, RoutingPolicy } from '../routing-policy.ts'

/** Candidates in turn. Parts of a request are sent one after another, so none is taken. */
export const roundRobin: RoutingPolicy<{ readonly policy: 'round-robin' }, null> = Object.freeze({
  kind: 'round-robin',
  begin: () => null,
  choose: (_: null, { candidates, turn }: RouterView) => turn % candidates.length,
})

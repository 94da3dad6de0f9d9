import type { RouterView, RoutingPolicy } from '../routing-policy.ts'

/** Candidates in turn. The turns of one that is closed go to the others, one after another. */
export const roundRobin: RoutingPolicy<{ readonly policy: 'round-robin' }, null> = Object.freeze({
  kind: 'round-robin',
  begin: () => null,
  choose(_: null, { candidates, turn, taken, anyTaken }: RouterView) {
    const next = turn % candidates.length
    // parts of a request are sent one after another, so the next one has none
    if (!anyTaken || taken[next] === 0) return next
    const open = [...candidates.keys()].filter((i) => taken[i] === 0)
    return open[Math.floor(turn / candidates.length) % open.length] ?? -1
  },
})

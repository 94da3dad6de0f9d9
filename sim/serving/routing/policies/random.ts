import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'
import { Draws } from './draws.ts'

/** Any candidate, each with the same probability. */
export const random: RoutingPolicy<{ readonly policy: 'random' }, Draws> = Object.freeze({
  kind: 'random',
  begin: (_: unknown, candidates: readonly Candidate[]) => new Draws(1, candidates.length),
  choose: (draws: Draws, view: RouterView) => (draws.draw(view) > 0 ? draws.drawn[0]! : -1),
})

import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'
import { CandidateDraws } from './draws.ts'

/** Any candidate, each with the same probability. */
export const random: RoutingPolicy<{ readonly policy: 'random' }, CandidateDraws> = Object.freeze({
  kind: 'random',
  begin: (_: unknown, candidates: readonly Candidate[]) => new CandidateDraws(1, candidates.length),
  choose: (draws: CandidateDraws, view: RouterView) =>
    draws.draw(view) > 0 ? draws.drawn[0]! : -1,
})

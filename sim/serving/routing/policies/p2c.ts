import type { RoutingPlan } from '../routing-plan.ts'
import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'
import { CandidateDraws, leastDrawn } from './draws.ts'

type P2c = Extract<RoutingPlan, { policy: 'p2c' }>

/**
 * Power of d choices (Mitzenmacher 2001): the least loaded of a few different candidates that are
 * drawn, of equals the one drawn first, as in Finagle's P2C and Envoy's LEAST_REQUEST, which have
 * two choices by default. Envoy may draw a host twice; Finagle and Linkerd never do.
 */
export const p2c: RoutingPolicy<P2c, CandidateDraws> = Object.freeze({
  kind: 'p2c',
  begin: ({ choices }: P2c, candidates: readonly Candidate[]) =>
    new CandidateDraws(choices, candidates.length),
  choose: (draws: CandidateDraws, view: RouterView) => leastDrawn(draws, view, (i) => view.load(i)),
})

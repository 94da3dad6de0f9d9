import type { RoutingPlan } from '../routing-plan.ts'
import type { Candidate, RouterView, RoutingPolicy } from '../routing-policy.ts'
import { Draws, leastDrawn } from './draws.ts'

type P2c = Extract<RoutingPlan, { policy: 'p2c' }>

/**
 * Power of d choices (Mitzenmacher 2001): the least loaded of a few different candidates that are
 * drawn, of equals the one drawn first, as in Finagle's P2C and Envoy's LEAST_REQUEST, which have
 * two choices by default. Envoy may draw a host twice; Finagle and Linkerd never do.
 */
export const p2c: RoutingPolicy<P2c, Draws> = Object.freeze({
  kind: 'p2c',
  begin: ({ choices }: P2c, candidates: readonly Candidate[]) =>
    new Draws(choices, candidates.length),
  choose: (draws: Draws, view: RouterView) => leastDrawn(draws, view, (i) => view.load(i)),
})

import { leastOf, type RouterView, type RoutingPolicy } from '../routing-policy.ts'

/**
 * The predicted time to the answer to the arriving request, with the mean time of its network, ms;
 * NaN until a request has ended.
 */
export function predictedMs(view: RouterView): (candidate: number) => number {
  const tokens = view.requests.inputTokens[view.request]!
  return (i) => view.candidates[i]!.work!.responseMs(tokens) + view.networkMs(i)
}

/**
 * The candidate that is predicted to end the request first, of equals the first; the least loaded
 * until a request has ended.
 */
export const leastWork: RoutingPolicy<{ readonly policy: 'least-work' }, null> = Object.freeze({
  kind: 'least-work',
  predicts: true,
  begin: () => null,
  choose(_: null, view: RouterView) {
    const msOf = predictedMs(view)
    return leastOf(view, Number.isNaN(msOf(0)) ? (i) => view.load(i) : msOf)
  },
})

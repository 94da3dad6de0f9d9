import type { Mm1 } from './mm1.ts'
import { assertStable } from './stable.ts'

/**
 * E_k/M/1: gaps between arrivals are sums of `stages` exponential ones; `arrivalRate` is one over
 * their mean. Every k-th request of a Poisson process arrives so, for instance behind a round-robin
 * router.
 */
export interface Ekm1 extends Mm1 {
  readonly stages: number
}

/**
 * Share of arrivals that wait: the root sigma < 1 of sigma = A*(mu (1 - sigma)), where A* is the
 * transform of the gaps, A*(s) = (k lambda / (k lambda + s))^k. (Kleinrock 1975, section 6.4,
 * G/M/1.)
 */
export function ekm1WaitShare({ arrivalRate, serviceRate, stages }: Ekm1): number {
  assertStable(arrivalRate / serviceRate)
  const rate = stages * arrivalRate
  let sigma = 0
  for (;;) {
    // rises to the smallest root; converges because the slope of A* is below 1 there
    const next = (rate / (rate + serviceRate * (1 - sigma))) ** stages
    if (next - sigma <= 1e-15) return next
    sigma = next
  }
}

/** Mean wait in the queue, over all arrivals: sigma / (mu (1 - sigma)). */
export function ekm1MeanWait(queue: Ekm1): number {
  const sigma = ekm1WaitShare(queue)
  return sigma / (queue.serviceRate * (1 - sigma))
}

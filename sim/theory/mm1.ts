import { assertProbability, assertStable } from './stable.ts'

/**
 * M/M/1, first come first served: Poisson arrivals, exponential service, one server. Rates are per
 * unit of time, and every time is in that unit. Kleinrock 1975, Queueing Systems I, chapters 3 and
 * 5.
 */
export interface Mm1 {
  readonly arrivalRate: number
  readonly serviceRate: number
}

/** Decay rate of the tails of wait and sojourn: mu - lambda. */
function decay({ arrivalRate, serviceRate }: Mm1): number {
  assertStable(arrivalRate / serviceRate)
  return serviceRate - arrivalRate
}

/** Mean wait in the queue: rho / (mu - lambda). */
export function mm1MeanWait(queue: Mm1): number {
  return queue.arrivalRate / queue.serviceRate / decay(queue)
}

/** Mean sojourn, wait plus service: 1 / (mu - lambda). */
export function mm1MeanSojourn(queue: Mm1): number {
  return 1 / decay(queue)
}

/** q-quantile of the sojourn, which is exponential: -ln(1 - q) / (mu - lambda). */
export function mm1SojournQuantile(queue: Mm1, q: number): number {
  assertProbability(q)
  return -Math.log1p(-q) / decay(queue)
}

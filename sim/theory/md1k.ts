import type { Md1 } from './mg1.ts'

/** M/D/1 with at most `capacity` requests, including the one in service; others are lost. */
export interface Md1k extends Md1 {
  readonly capacity: number
}

/**
 * Share of arrivals that are lost, by Brun and Garcia (2000), Analytical solution of finite
 * capacity M/D/1 queues, J. Appl. Prob. 37(4): 1 - b / (1 + rho b), b the sum over k = 0 .. K - 1
 * of (-1)^k / k! (K - 1 - k)^k exp((K - 1 - k) rho) rho^k. Terms alternate and lose digits as the
 * capacity grows, so a capacity above 20 throws.
 *
 * A bucket of `capacity` tokens, with one more every `service`, is such a queue: its loss is the
 * share that the token bucket rejects.
 */
export function md1kBlocking({ arrivalRate, service, capacity }: Md1k): number {
  if (!(capacity >= 1 && capacity <= 20)) {
    throw new RangeError(`Expected a capacity from 1 to 20, got ${capacity}`)
  }
  const load = arrivalRate * service
  let sum = 0
  let factorial = 1
  for (let k = 0; k < capacity; k++) {
    if (k > 0) factorial *= -k
    const rest = capacity - 1 - k
    sum += ((rest * load) ** k * Math.exp(rest * load)) / factorial
  }
  return 1 - sum / (1 + load * sum)
}

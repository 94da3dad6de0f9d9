/**
 * Power of two choices in the mean field: infinitely many M/M/1 queues at load ρ, each request in
 * the shorter of two random ones (Vvedenskaya, Dobrushin and Karpelevich 1996, theorem 2;
 * Mitzenmacher 2001, lemma 2).
 */

/** The share of queues with at least k requests, in service included. */
export function powerOfTwoTail(load: number, k: number): number {
  return load ** (2 ** k - 1)
}

/** Mean wait in mean service times: by Little's law, requests over the rate, less the service. */
export function powerOfTwoMeanWait(load: number): number {
  let requests = 0
  for (let k = 1; powerOfTwoTail(load, k) > 1e-15; k++) requests += powerOfTwoTail(load, k)
  return requests / load - 1
}

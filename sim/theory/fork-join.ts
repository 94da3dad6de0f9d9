import type { Mm1 } from './mm1.ts'
import { assertProbability, assertStable } from './stable.ts'

/** 1 + 1/2 + ... + 1/n. */
function harmonic(n: number): number {
  let sum = 0
  for (let k = 1; k <= n; k++) sum += 1 / k
  return sum
}

/** Mean of the longest of n exponential services started together: H_n / mu. (Renyi 1953.) */
export function longestMean(n: number, serviceRate: number): number {
  return harmonic(n) / serviceRate
}

/** q-quantile of the same: F(t)^n = q, so -ln(1 - q^(1/n)) / mu. */
export function longestQuantile(n: number, serviceRate: number, q: number): number {
  assertProbability(q)
  return -Math.log1p(-(q ** (1 / n))) / serviceRate
}

/**
 * Mean sojourn in the fork-join queue of two servers: each request has a part for each queue, first
 * come first served, and ends with the later part; Poisson arrivals, exponential service. (12 -
 * rho) / 8 / (mu - lambda), exact. (Flatto and Hahn 1984; Nelson and Tantawi 1988.)
 */
export function forkJoinPairMeanSojourn({ arrivalRate, serviceRate }: Mm1): number {
  const rho = arrivalRate / serviceRate
  assertStable(rho)
  return (12 - rho) / 8 / (serviceRate - arrivalRate)
}

/**
 * Upper bound of the mean sojourn with n servers: the mean longest of n independent M/M/1 sojourns,
 * because the sojourns of the parts are associated. (Nelson and Tantawi 1988.)
 */
export function forkJoinMostSojourn(n: number, { arrivalRate, serviceRate }: Mm1): number {
  assertStable(arrivalRate / serviceRate)
  return harmonic(n) / (serviceRate - arrivalRate)
}

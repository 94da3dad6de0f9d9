/** Throws unless a queue has a stationary state: its load per server, rho, is from 0 to below 1. */
export function assertStable(rho: number): void {
  if (!(rho >= 0 && rho < 1)) throw new RangeError(`Expected a load per server below 1, got ${rho}`)
}

/** Throws unless p is a probability below 1. */
export function assertProbability(p: number): void {
  if (!(p >= 0 && p < 1)) throw new RangeError(`Expected a probability from 0 to below 1, got ${p}`)
}

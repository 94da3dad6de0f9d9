import type { Mm1 } from './mm1.ts'
import { assertStable } from './stable.ts'

/** M/M/c, first come first served, one queue; `serviceRate` is that of one server. */
export interface Mmc extends Mm1 {
  readonly servers: number
}

/**
 * Erlang B: share of arrivals blocked in M/G/c/c, for any service distribution. `load` is a =
 * lambda E[S], in erlangs. B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)): the recursion of Erlang
 * 1917, without factorials (which overflow above 170 servers).
 */
export function erlangB(load: number, servers: number): number {
  let blocked = 1
  for (let k = 1; k <= servers; k++) blocked = (load * blocked) / (k + load * blocked)
  return blocked
}

/** Erlang C: share of arrivals that wait in M/M/c, B / (1 - rho (1 - B)). (Kleinrock 1975, 3.5.) */
export function erlangC(load: number, servers: number): number {
  const rho = load / servers
  assertStable(rho)
  const blocked = erlangB(load, servers)
  return blocked / (1 - rho * (1 - blocked))
}

/** Mean wait in the queue, over all arrivals: C / (c mu - lambda). */
export function mmcMeanWait({ arrivalRate, serviceRate, servers }: Mmc): number {
  return erlangC(arrivalRate / serviceRate, servers) / (servers * serviceRate - arrivalRate)
}

/** Mean sojourn: wait plus service. */
export function mmcMeanSojourn(queue: Mmc): number {
  return mmcMeanWait(queue) + 1 / queue.serviceRate
}

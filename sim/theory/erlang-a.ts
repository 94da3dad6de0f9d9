import { birthAndDeath, meanOver } from './birth-death.ts'
import type { Mmc } from './erlang.ts'

/** M/M/c whose requests leave the queue after an exponential time, at rate `patienceRate`. */
export interface ErlangA extends Mmc {
  readonly patienceRate: number
}

/** Stationary figures of Erlang A; shares of all arrivals. */
export interface ErlangAFigures {
  /** share that abandons the queue */
  readonly abandoned: number
  readonly waits: number
  /** share of time in which a server is busy */
  readonly utilisation: number
}

/**
 * Birth and death: from n requests the rate down is min(n, c) mu + max(0, n - c) theta. The share
 * that abandons is theta E[Q] / lambda. Stationary at any load. (Palm 1957; Garnett, Mandelbaum and
 * Reiman 2002.)
 */
export function erlangA(queue: ErlangA): ErlangAFigures {
  const { arrivalRate, serviceRate, servers, patienceRate } = queue
  if (!(patienceRate > 0)) {
    throw new RangeError(`Expected a patience rate above 0, got ${patienceRate}`)
  }
  const inService = (n: number) => Math.min(n, servers)
  const queued = (n: number) => Math.max(0, n - servers)
  const states = birthAndDeath(
    (n) => arrivalRate / (inService(n) * serviceRate + queued(n) * patienceRate),
    servers,
  )
  return {
    abandoned: (patienceRate * meanOver(states, queued)) / arrivalRate,
    waits: meanOver(states, (n) => (n >= servers ? 1 : 0)),
    utilisation: meanOver(states, inService) / servers,
  }
}

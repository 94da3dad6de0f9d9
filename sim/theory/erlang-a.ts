import type { Mmc } from './erlang.ts'

/**
 * M/M/c whose requests abandon the queue after an exponential time, at rate `patienceRate` each.
 */
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

/** Highest states are cut where their probability, relative to the likeliest one, is below this. */
const NEGLIGIBLE = 1e-18

/**
 * Birth and death: from n requests the rate down is min(n, c) mu + max(0, n - c) theta. The share
 * that abandons is theta E[Q] / lambda. Stationary at any load. (Palm 1957; Garnett, Mandelbaum and
 * Reiman 2002.) Weights are relative to the likeliest state, as logarithms.
 */
export function erlangA(queue: ErlangA): ErlangAFigures {
  const { arrivalRate, serviceRate, servers, patienceRate } = queue
  if (!(patienceRate > 0))
    throw new RangeError(`Expected a patience rate above 0, got ${patienceRate}`)
  const logWeights = [0]
  let largest = 0
  for (let n = 1; ; n++) {
    const leaving = Math.min(n, servers) * serviceRate + Math.max(0, n - servers) * patienceRate
    const weight = logWeights[n - 1]! + Math.log(arrivalRate / leaving)
    logWeights.push(weight)
    largest = Math.max(largest, weight)
    if (n > servers && weight < largest + Math.log(NEGLIGIBLE)) break
  }
  let total = 0
  let queued = 0
  let waiting = 0
  let busy = 0
  for (const [n, logWeight] of logWeights.entries()) {
    const weight = Math.exp(logWeight - largest)
    total += weight
    queued += weight * Math.max(0, n - servers)
    busy += weight * Math.min(n, servers)
    if (n >= servers) waiting += weight
  }
  return {
    abandoned: (patienceRate * queued) / total / arrivalRate,
    waits: waiting / total,
    utilisation: busy / total / servers,
  }
}

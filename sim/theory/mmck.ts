import { birthAndDeath, meanOver } from './birth-death.ts'
import type { Mmc } from './erlang.ts'

/** M/M/c with at most `capacity` requests, including those in service; others are lost. */
export interface Mmck extends Mmc {
  readonly capacity: number
}

/** Stationary figures of M/M/c/K; rates and times in the unit of the queue's rates. */
export interface MmckFigures {
  /** share of arrivals that are lost */
  readonly blocking: number
  /** rate of requests served: lambda (1 - blocking) */
  readonly throughput: number
  /** mean sojourn of admitted requests, by Little's law */
  readonly meanSojourn: number
  /** mean wait of admitted requests */
  readonly meanWait: number
}

/** Birth and death with a / min(k, c), a = lambda / mu, up to state K. Stationary at any load. */
export function mmck(queue: Mmck): MmckFigures {
  const { arrivalRate, serviceRate, servers, capacity } = queue
  if (!(capacity >= servers)) {
    throw new RangeError(`Expected a capacity of at least the ${servers} servers, got ${capacity}`)
  }
  const load = arrivalRate / serviceRate
  const ratio = (n: number) => (n > capacity ? 0 : load / Math.min(n, servers))
  const states = birthAndDeath(ratio, capacity)
  const blocking = states[capacity]!
  const throughput = arrivalRate * (1 - blocking)
  const meanSojourn = meanOver(states, (n) => n) / throughput
  return { blocking, throughput, meanSojourn, meanWait: meanSojourn - 1 / serviceRate }
}

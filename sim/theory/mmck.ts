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

/**
 * Birth and death: p_n is proportional to the product of a / min(k, c) over k = 1 .. n, n = 0 .. K,
 * a = lambda / mu (Kleinrock 1975, chapter 3). Stationary at any load. Weights are logarithms,
 * because they overflow with many servers.
 */
export function mmck(queue: Mmck): MmckFigures {
  const { arrivalRate, serviceRate, servers, capacity } = queue
  if (!(capacity >= servers)) {
    throw new RangeError(`Expected room for the ${servers} in service at least, got ${capacity}`)
  }
  const logLoad = Math.log(arrivalRate / serviceRate)
  const logWeights = [0]
  for (let n = 1; n <= capacity; n++) {
    logWeights.push(logWeights[n - 1]! + logLoad - Math.log(Math.min(n, servers)))
  }
  const largest = logWeights.reduce((a, b) => Math.max(a, b))
  let total = 0
  let requests = 0
  for (let n = 0; n <= capacity; n++) {
    const weight = Math.exp(logWeights[n]! - largest)
    total += weight
    requests += n * weight
  }
  const blocking = Math.exp(logWeights[capacity]! - largest) / total
  const throughput = arrivalRate * (1 - blocking)
  const meanSojourn = requests / total / throughput
  return { blocking, throughput, meanSojourn, meanWait: meanSojourn - 1 / serviceRate }
}

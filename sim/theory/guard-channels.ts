import { birthAndDeath, meanOver } from './birth-death.ts'

/** M/M/c/K for two classes; the second is admitted only below `guard` requests in the system. */
export interface GuardChannels {
  readonly arrivalRates: readonly [number, number]
  readonly serviceRate: number
  readonly servers: number
  /** most requests in the system, including those in service */
  readonly capacity: number
  readonly guard: number
}

/**
 * Share of each class that is blocked: birth and death, where only the first class arrives beyond
 * the guard (trunk reservation; Hong and Rappaport 1986, IEEE Trans. Veh. Tech. 35(3)).
 */
export function guardChannelBlocking(queue: GuardChannels): readonly [number, number] {
  const { arrivalRates, serviceRate, servers, capacity, guard } = queue
  if (!(guard <= capacity)) {
    throw new RangeError(`Expected a guard of at most ${capacity}, got ${guard}`)
  }
  const [first, second] = arrivalRates
  const states = birthAndDeath((n) => {
    const arrivals = n <= guard ? first + second : first
    return n > capacity ? 0 : arrivals / (serviceRate * Math.min(n, servers))
  }, capacity)
  return [states[capacity]!, meanOver(states, (n) => (n >= guard ? 1 : 0))]
}

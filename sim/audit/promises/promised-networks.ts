import type { Duration, Scenario } from '../../../scenarios/schema/schema.ts'

/** The way between the clients of a class and a pool; the same in both directions. */
export interface PromisedWay {
  /** shortest time of a message one way, without its size, ms */
  readonly leastMs: number
  /** mean time of a request and its answer, ms */
  readonly roundTripMs: number
  /** time that a request, and its answer, need for their size, ms */
  readonly requestMs: number
  readonly answerMs: number
  /** times in which the network is cut, ms */
  readonly outages: readonly { readonly from: number; readonly to: number }[]
}

/** [class][pool]: null where both are at one place, or nothing connects them. */
export type PromisedNetworks = readonly (readonly (PromisedWay | null)[])[]

/** Null where a scenario has no places. */
export function promisedNetworks(scenario: Scenario): PromisedNetworks | null {
  if (scenario.places === undefined) return null
  return scenario.traffic.map(({ place, request_kib, answer_kib }) =>
    scenario.pools.map((pool) => {
      if (place === pool.place) return null
      const network = scenario.networks?.find(
        ({ between }) => between.includes(place ?? '') && between.includes(pool.place ?? ''),
      )
      if (network === undefined) return null
      const kibMs =
        network.bandwidth_mbps === undefined ? 0 : (1024 * 8) / (network.bandwidth_mbps * 1e3)
      return {
        leastMs: leastOf(network.latency_ms),
        roundTripMs: 2 * meanOf(network.latency_ms),
        requestMs: (request_kib ?? 0) * kibMs,
        answerMs: (answer_kib ?? 0) * kibMs,
        outages: network.outages.map(({ at_s, for_s }) => ({
          from: 1000 * at_s,
          to: 1000 * (at_s + for_s),
        })),
      }
    }),
  )
}

function leastOf(duration: Duration): number {
  if (duration.distribution === 'fixed') return duration.value
  return duration.distribution === 'uniform' ? duration.min : 0
}

function meanOf(duration: Duration): number {
  if (duration.distribution === 'fixed') return duration.value
  if (duration.distribution === 'exponential') return duration.mean
  if (duration.distribution === 'uniform') return 0.5 * (duration.min + duration.max)
  // of a lognormal: median e^(s^2 / 2), where p99 = median e^(2.326 s)
  const s = Math.log(duration.p99 / duration.median) / 2.3263478740408408
  return duration.median * Math.exp(0.5 * s * s)
}

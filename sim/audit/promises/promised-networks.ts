import type { Duration, Scenario } from '../../../scenarios/schema/schema.ts'

/** One direction of the way between the clients of a class and a pool. */
export interface PromisedLeg {
  /** the same number for all messages that share a bandwidth */
  readonly channel: number
  readonly sharing: 'fifo' | 'fair'
  /** shortest and mean time of a message one way, without its size, ms */
  readonly leastMs: number
  readonly meanMs: number
  /** for which a message occupies the bandwidth, and in addition for each of its tokens, ms */
  readonly occupiesMs: number
  readonly tokenMs: number
  /** times in which the network is cut, ms */
  readonly outages: readonly { readonly from: number; readonly to: number }[]
}

/** Null in a direction that takes no time. */
export interface PromisedWay {
  readonly out: PromisedLeg | null
  readonly back: PromisedLeg | null
}

/** [class][pool] */
export type PromisedNetworks = readonly (readonly PromisedWay[])[]

/** Null where requests are at their queues when they are routed. */
export function promisedNetworks(scenario: Scenario): PromisedNetworks | null {
  const { places, networks = [], link, traffic, pools } = scenario
  if (link !== undefined) {
    const out: PromisedLeg = {
      channel: 0,
      sharing: 'fifo',
      leastMs: link.delay_ms,
      meanMs: link.delay_ms,
      occupiesMs: link.per_request_ms,
      tokenMs: 0,
      outages: [],
    }
    return traffic.map(() => pools.map(() => ({ out, back: null })))
  }
  if (places === undefined) return null
  return traffic.map((own) =>
    pools.map((pool) => {
      const number = networks.findIndex(
        ({ between }) => between.includes(own.place ?? '') && between.includes(pool.place ?? ''),
      )
      const network = networks[number]
      if (own.place === pool.place || network === undefined) return { out: null, back: null }
      const { latency_ms, bandwidth_mbps: mbps, sharing = 'fifo', outages, between } = network
      const kibMs = mbps === undefined ? 0 : (1024 * 8) / (mbps * 1e3)
      const shared = {
        sharing,
        leastMs: leastOf(latency_ms),
        meanMs: meanOf(latency_ms),
        outages: outages.map(({ at_s, for_s }) => ({ from: 1e3 * at_s, to: 1e3 * (at_s + for_s) })),
      }
      const leg = (from: string | undefined, kib = 0, tokenBytes = 0): PromisedLeg => ({
        ...shared,
        channel: 2 * number + (between[0] === from ? 0 : 1),
        occupiesMs: kib * kibMs,
        tokenMs: (tokenBytes / 1024) * kibMs,
      })
      return {
        out: leg(own.place, own.request_kib, own.request_bytes_per_token),
        back: leg(pool.place, own.answer_kib, own.answer_bytes_per_token),
      }
    }),
  )
}

/** Mean time of a request and its answer on the network, ms. */
export function roundTripMs(way: PromisedWay | undefined): number {
  return (way?.out?.meanMs ?? 0) + (way?.back?.meanMs ?? 0)
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

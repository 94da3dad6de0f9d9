import type { Duration, Network, Scenario } from '../../../scenarios/schema/schema.ts'
import { exp, log } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'

/** One direction of a network. */
export interface ChannelPlan {
  /** one way */
  readonly latency: Duration
  /** Infinity where sizes take no time */
  readonly kibPerMs: number
  /** probability that a message is lost, each time that it is sent */
  readonly loss: number
  readonly retransmitMs: Ms
  /** times in which every message is lost, rising */
  readonly outages: readonly { readonly from: Ms; readonly to: Ms }[]
}

/** A way between the place of a class and the place of a pool. */
export interface WayPlan {
  /** numbers of channels */
  readonly out: number
  readonly back: number
}

/** Networks between clients and pools. */
export interface NetworkPlan {
  readonly channels: readonly ChannelPlan[]
  /** by class: the number of its place */
  readonly places: readonly number[]
  /** [class][pool]: null where both are at one place, or where no network connects them */
  readonly ways: readonly (readonly (WayPlan | null)[])[]
  /** by class; 0 where sizes take no time */
  readonly requestKib: readonly number[]
  readonly answerKib: readonly number[]
}

const KIB_BITS = 8 * 1024

/** Null where the scenario has no places. */
export function networkPlan(scenario: Scenario): NetworkPlan | null {
  const { places, networks = [], traffic, pools } = scenario
  if (places === undefined) return null
  const wayBetween = (from: string | undefined, to: string | undefined): WayPlan | null => {
    const i = networks.findIndex(
      ({ between: [a, b] }) => (a === from && b === to) || (a === to && b === from),
    )
    if (i < 0) return null
    const forwards = networks[i]!.between[0] === from
    return forwards ? { out: 2 * i, back: 2 * i + 1 } : { out: 2 * i + 1, back: 2 * i }
  }
  return {
    channels: networks.flatMap((network) => [channelPlan(network), channelPlan(network)]),
    places: traffic.map(({ place }) => places.findIndex(({ name }) => name === place)),
    ways: traffic.map(({ place }) => pools.map((pool) => wayBetween(place, pool.place))),
    requestKib: traffic.map(({ request_kib }) => request_kib ?? 0),
    answerKib: traffic.map(({ answer_kib }) => answer_kib ?? 0),
  }
}

function channelPlan(network: Network): ChannelPlan {
  const { latency_ms, bandwidth_mbps, loss, retransmit_ms, outages } = network
  return {
    latency: latency_ms,
    // 10^6 bit/s are 1000 bit/ms
    kibPerMs:
      bandwidth_mbps === undefined ? Number.POSITIVE_INFINITY : (1000 * bandwidth_mbps) / KIB_BITS,
    loss,
    retransmitMs: retransmit_ms,
    outages: outages.map(({ at_s, for_s }) => ({ from: 1000 * at_s, to: 1000 * (at_s + for_s) })),
  }
}

/** 0.99 quantile of the standard normal */
const Z99 = 2.3263478740408408

/** The mean of a duration. */
export function meanDuration(duration: Duration): number {
  switch (duration.distribution) {
    case 'fixed':
      return duration.value
    case 'exponential':
      return duration.mean
    case 'uniform':
      return (duration.min + duration.max) / 2
    case 'lognormal': {
      const sigma = log(duration.p99 / duration.median) / Z99
      return duration.median * exp((sigma * sigma) / 2)
    }
  }
}

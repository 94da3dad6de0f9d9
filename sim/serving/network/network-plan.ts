import type { Duration, Network, Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { exp, log } from '../../kernel/index.ts'
import { type ChannelPlan, FREE_CHANNEL } from './channel-plan.ts'

/** The channels between a class and a pool; null in a direction that takes no time. */
export interface WayPlan {
  /** numbers of channels */
  readonly out: number | null
  readonly back: number | null
}

/** Sizes of messages in bytes: of each, and for each token. */
export interface SizePlan {
  readonly bytes: number
  readonly perToken: number
}

/** Networks between clients and pools. */
export interface NetworkPlan {
  /** by class: the number of its place */
  readonly places: readonly number[]
  /** [class][pool] */
  readonly ways: readonly (readonly WayPlan[])[]
  /** by class; tokens are those of the input, and those of the answer */
  readonly requests: readonly SizePlan[]
  readonly answers: readonly SizePlan[]
}

/** The channels of a scenario by number, and what uses them. */
interface Links {
  readonly channels: readonly ChannelPlan[]
  /** null where requests reach their queues at once */
  readonly network: NetworkPlan | null
  /** by pool: the channel of its KV transfers; null for none */
  readonly handOver: readonly (number | null)[]
}

const AT_ONCE: WayPlan = Object.freeze({ out: null, back: null })

/** The links of a scenario: networks between places, the link before all pools, KV transfers. */
export function linkPlan(scenario: Scenario): Links {
  const { networks = [], link, pools } = scenario
  const ofNetworks = networks.flatMap((network) => [channelOf(network), channelOf(network)])
  const ofLink = link === undefined ? [] : [channelOfLink(link)]
  const first = ofNetworks.length + ofLink.length
  const ofPools: ChannelPlan[] = []
  const handOver = pools.map(({ generation }) => {
    const transfer = generation?.policy === 'continuous' ? generation.hand_over : undefined
    return transfer === undefined ? null : first + ofPools.push(channelOfHandOver(transfer)) - 1
  })
  return {
    channels: [...ofNetworks, ...ofLink, ...ofPools],
    network: networkPlan(scenario),
    handOver,
  }
}

function networkPlan(scenario: Scenario): NetworkPlan | null {
  const { places, networks = [], link, traffic, pools } = scenario
  if (places === undefined && link === undefined) return null
  const wayBetween = (from: string | undefined, to: string | undefined): WayPlan => {
    // all requests use the link, and no answer does
    if (link !== undefined) return { out: 2 * networks.length, back: null }
    const i = networks.findIndex(
      ({ between: [a, b] }) => (a === from && b === to) || (a === to && b === from),
    )
    if (i < 0) return AT_ONCE
    const forwards = networks[i]!.between[0] === from
    return forwards ? { out: 2 * i, back: 2 * i + 1 } : { out: 2 * i + 1, back: 2 * i }
  }
  return {
    places: traffic.map(({ place }) => places?.findIndex(({ name }) => name === place) ?? 0),
    ways: traffic.map(({ place }) => pools.map((pool) => wayBetween(place, pool.place))),
    requests: traffic.map((entry) => sizeOf(entry.request_kib, entry.request_bytes_per_token)),
    answers: traffic.map((entry) => sizeOf(entry.answer_kib, entry.answer_bytes_per_token)),
  }
}

function sizeOf(kib = 0, perToken = 0): SizePlan {
  return { bytes: 1024 * kib, perToken }
}

/** 10^6 bit/s are 125 bytes/ms. */
const BYTES_PER_MBIT_MS = 125

function channelOf(network: Network): ChannelPlan {
  const { latency_ms, bandwidth_mbps, sharing = 'fifo', loss, retransmit_ms, outages } = network
  return {
    latency: latency_ms,
    sharing,
    perMessageMs: 0,
    msPerUnit: bandwidth_mbps === undefined ? 0 : 1 / (BYTES_PER_MBIT_MS * bandwidth_mbps),
    loss,
    retransmitMs: retransmit_ms,
    outages: outages.map(({ at_s, for_s }) => ({ from: 1000 * at_s, to: 1000 * (at_s + for_s) })),
  }
}

function channelOfLink(link: NonNullable<Scenario['link']>): ChannelPlan {
  return {
    ...FREE_CHANNEL,
    latency: { distribution: 'fixed', value: link.delay_ms },
    perMessageMs: link.per_request_ms,
  }
}

type HandOver = NonNullable<
  Extract<NonNullable<Pool['generation']>, { policy: 'continuous' }>['hand_over']
>

function channelOfHandOver({ base_ms, ms_per_token, sharing = 'fifo' }: HandOver): ChannelPlan {
  return { ...FREE_CHANNEL, sharing, perMessageMs: base_ms, msPerUnit: ms_per_token }
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

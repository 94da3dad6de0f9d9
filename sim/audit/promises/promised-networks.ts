import type { Duration } from '../../../scenarios/schema/schema.ts'
import type { ChannelPlan } from '../../serving/index.ts'
import type { Promises } from './promises.ts'

/** One direction of the way between the clients of a class and a pool. */
export interface PromisedLeg {
  /** its number: the same for all messages that share a bandwidth */
  readonly number: number
  readonly channel: ChannelPlan
  /** for which a message occupies the channel, and in addition for each of its tokens, ms */
  readonly occupiesMs: number
  readonly tokenMs: number
}

/** Null in a direction that takes no time. */
export interface PromisedWay {
  readonly out: PromisedLeg | null
  readonly back: PromisedLeg | null
}

/** [class][pool]; null where requests are at their queues when they are routed. */
export function promisedWays({
  network,
  channels,
}: Promises): readonly (readonly PromisedWay[])[] | null {
  if (network == null) return null
  const legOf = (
    number: number | null,
    { bytes, perToken }: { bytes: number; perToken: number },
  ) => {
    if (number === null) return null
    const channel = channels![number]!
    const { perMessageMs, msPerUnit } = channel
    const occupiesMs = perMessageMs + bytes * msPerUnit
    return { number, channel, occupiesMs, tokenMs: perToken * msPerUnit }
  }
  return network.ways.map((ways, classIndex) =>
    ways.map(({ out, back }) => ({
      out: legOf(out, network.requests[classIndex]!),
      back: legOf(back, network.answers[classIndex]!),
    })),
  )
}

/** Mean time of a request and its answer on the network, ms. */
export function roundTripMs(way: PromisedWay | undefined): number {
  const meanMs = (leg: PromisedLeg | null | undefined) => (leg ? meanOf(leg.channel.latency) : 0)
  return meanMs(way?.out) + meanMs(way?.back)
}

/** The shortest time of a duration. */
export function leastOf(duration: Duration): number {
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

import type { Reach } from '../routing/router.ts'
import { Channel } from './channel.ts'
import type { ChannelPlan } from './channel-plan.ts'
import { meanDuration, type NetworkPlan } from './network-plan.ts'

/** How the pools are reached from the place of a class. */
export function reachOf(
  { ways: waysOfClasses }: NetworkPlan,
  plans: readonly ChannelPlan[],
  number: number,
): Reach {
  const ways = waysOfClasses[number]!
  const mean = (channel: number | null) =>
    channel === null ? 0 : meanDuration(plans[channel]!.latency)
  const networkMs = ways.map(({ out, back }) => mean(out) + mean(back))
  const channels = ways.map(({ out }) => (out === null ? null : new Channel(plans[out]!)))
  return {
    isEverCut: ways.some(({ out }) => out !== null && plans[out]!.outages.length > 0),
    isCutAt: (now, pool) => channels[pool]?.isCutAt(now) === true,
    networkMs: (pool) => networkMs[pool]!,
  }
}

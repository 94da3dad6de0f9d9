import type { Reach } from '../routing/router.ts'
import { Channel } from './channel.ts'
import { meanDuration, type NetworkPlan } from './network-plan.ts'

/** How the pools are reached from the place of a class. */
export function reachOf(plan: NetworkPlan, number: number): Reach {
  const ways = plan.ways[number]!
  const mean = (channel: number) => meanDuration(plan.channels[channel]!.latency)
  const networkMs = ways.map((way) => (way === null ? 0 : mean(way.out) + mean(way.back)))
  const channels = ways.map((way) => (way === null ? null : new Channel(plan.channels[way.out]!)))
  return {
    isEverCut: ways.some((way) => way !== null && plan.channels[way.out]!.outages.length > 0),
    isCutAt: (now, pool) => channels[pool]?.isCutAt(now) === true,
    networkMs: (pool) => networkMs[pool]!,
  }
}

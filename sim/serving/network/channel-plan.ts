import type { Duration } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../ports.ts'

/** How messages share a channel: one after another, or each with an equal part of the bandwidth. */
export type Sharing = 'fifo' | 'fair'

/** One direction of a network, or another way on which messages take time. */
export interface ChannelPlan {
  /** one way */
  readonly latency: Duration
  readonly sharing: Sharing
  /** for which each message occupies the channel, whatever its size */
  readonly perMessageMs: Ms
  /** for each unit of size: a byte, or a token of a KV cache; 0 where sizes take no time */
  readonly msPerUnit: Ms
  /** probability that a message is lost, each time that it is sent */
  readonly loss: number
  readonly retransmitMs: Ms
  /** times in which every message is lost, rising */
  readonly outages: readonly { readonly from: Ms; readonly to: Ms }[]
}

/** A channel that delivers at once. */
export const FREE_CHANNEL: ChannelPlan = Object.freeze<ChannelPlan>({
  latency: { distribution: 'fixed', value: 0 },
  sharing: 'fifo',
  perMessageMs: 0,
  msPerUnit: 0,
  loss: 0,
  retransmitMs: 200,
  outages: [],
})

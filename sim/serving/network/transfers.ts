import { EventHeap } from '../../kernel/index.ts'
import type { Ms, Transfer } from '../ports.ts'
import { Channel } from './channel.ts'
import type { ChannelPlan } from './channel-plan.ts'
import { ProcessorSharing } from './processor-sharing.ts'

/** A channel whose messages share its bandwidth equally. */
interface Shared {
  readonly channel: Channel
  readonly sharing: ProcessorSharing
  /** by request: the message that occupies the channel */
  readonly occupying: Map<number, Transfer>
}

/**
 * The channels of a world, and the messages on them. Simulated and live worlds use the same: one
 * jumps to when the next message is delivered, the other one waits.
 */
export class Transfers {
  readonly #channels: readonly Channel[]
  /** by channel; null where messages are sent one after another */
  readonly #shared: readonly (Shared | null)[]
  /** messages by when they are delivered */
  readonly #due = new EventHeap()

  constructor(plans: readonly ChannelPlan[]) {
    this.#channels = plans.map((plan) => new Channel(plan))
    this.#shared = plans.map(({ sharing }, i) =>
      sharing === 'fifo'
        ? null
        : { channel: this.#channels[i]!, sharing: new ProcessorSharing(), occupying: new Map() },
    )
  }

  /** When something happens next, at the earliest; Infinity for nothing. */
  get nextAt(): Ms {
    let next = this.#due.peek()
    for (const shared of this.#shared) {
      if (shared !== null) next = Math.min(next, shared.sharing.nextAt)
    }
    return next
  }

  start(now: Ms, transfer: Transfer): void {
    const { request, size, key, purpose } = transfer
    const channel = this.#channels[transfer.channel]!
    const shared = this.#shared[transfer.channel]!
    const ms = channel.occupancyMs(size)
    if (shared === null || ms === 0) {
      const at = channel.arrivesAt(channel.leavesAt(now, size), key, purpose)
      this.#due.push(Math.max(now, at), 0, request)
      return
    }
    this.#leave(now, shared)
    shared.sharing.begin(now, ms, request)
    shared.occupying.set(request, transfer)
  }

  /** The next request whose message is delivered by now; -1 for none. */
  take(now: Ms): number {
    for (const shared of this.#shared) if (shared !== null) this.#leave(now, shared)
    if (this.#due.peek() > now) return -1
    this.#due.pop()
    return this.#due.slot
  }

  /** Messages leave a channel at their times, however late that is noticed. */
  #leave(now: Ms, { channel, sharing, occupying }: Shared): void {
    for (let at = sharing.nextAt; at <= now; at = sharing.nextAt) {
      const request = sharing.end()
      const { key, purpose } = occupying.get(request)!
      occupying.delete(request)
      this.#due.push(channel.arrivesAt(at, key, purpose), 0, request)
    }
  }
}

import type { EventHeap } from '../kernel/index.ts'
import {
  type ChannelPlan,
  type ControlPlanePort,
  type Ms,
  type Transfer,
  Transfers,
} from '../serving/index.ts'
import { DELIVERED } from './event-kinds.ts'

/** The transfers of a simulated world, of which one event at a time is in its heap. */
export class SimulatedTransfers {
  readonly #transfers: Transfers
  readonly #heap: EventHeap
  /** the pending event and its time; the next delivery may be later than that */
  #event = -1
  #at: Ms = Number.POSITIVE_INFINITY

  constructor(channels: readonly ChannelPlan[], heap: EventHeap) {
    this.#transfers = new Transfers(channels)
    this.#heap = heap
  }

  start(now: Ms, transfer: Transfer): void {
    this.#transfers.start(now, transfer)
    this.#wait()
  }

  /** Delivers what is due, where the event is the one that is waited for. */
  handle(now: Ms, sequence: number, control: ControlPlanePort): void {
    if (sequence !== this.#event) return
    // what is sent meanwhile is looked at below
    this.#at = now
    for (;;) {
      const request = this.#transfers.take(now)
      if (request < 0) break
      control.onDelivered(now, request)
    }
    this.#at = Number.POSITIVE_INFINITY
    this.#wait()
  }

  /** Puts an event off where it is the one that is waited for; returns whether it is put off. */
  putOff(sequence: number, now: Ms, to: Ms): boolean {
    if (sequence !== this.#event || to <= now) return false
    this.#event = this.#heap.push(to, DELIVERED, 0)
    return true
  }

  #wait(): void {
    const next = this.#transfers.nextAt
    if (next >= this.#at) return
    this.#at = next
    this.#event = this.#heap.push(next, DELIVERED, 0)
  }
}

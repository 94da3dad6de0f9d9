import { type Carrier, PURPOSE, type Receiver, transferKey } from '../network/carrier.ts'
import type { Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { KvTransferPlan } from './generation-plan.ts'

/** A server to which KV caches are sent. */
export interface KvReceiver {
  /** Whether a request could ever be held there, alone. */
  holds(request: number): boolean
  /** The KV cache of a request has arrived. */
  takeOver(now: Ms, request: number): void
}

interface KvReceivers {
  readonly all: readonly KvReceiver[]
  /** The receiver that the routing policy chooses for a request. */
  next(now: Ms, request: number): KvReceiver
}

interface KvSender {
  readonly requests: Requests
  readonly carrier: Carrier
}

/** Sends KV caches to another pool, over a channel of the two. */
export class KvTransfer implements Receiver {
  readonly #plan: KvTransferPlan
  readonly #sender: KvSender
  readonly #receivers: KvReceivers

  constructor(plan: KvTransferPlan, sender: KvSender, receivers: KvReceivers) {
    this.#plan = plan
    this.#sender = sender
    this.#receivers = receivers
  }

  /** Whether every receiver could ever hold a request. */
  holds(request: number): boolean {
    return this.#receivers.all.every((receiver) => receiver.holds(request))
  }

  /** Sends the KV cache of so many tokens. */
  send(request: number, tokens: number): void {
    const { requests, carrier } = this.#sender
    const { channel } = this.#plan
    const key = transferKey(requests, request)
    carrier.send({ request, channel, size: tokens, key, purpose: PURPOSE.kv }, this)
  }

  delivered(now: Ms, request: number): void {
    this.#receivers.next(now, request).takeOver(now, request)
  }
}

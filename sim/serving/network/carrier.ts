import type { Ms, Transfer, TransferBackend } from '../ports.ts'
import type { Requests } from '../requests.ts'

/** What a transfer is for: far apart, as each sending of a message takes a further purpose. */
export const PURPOSE = { request: 0x2545f491, answer: 0x4f6cdd1d, kv: 0x7a1c93b5 } as const

const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

/**
 * The key of a request's draws: of its scheduled arrival and the number of the sending, so they are
 * equal in simulated and live runs. Parts and copies have draws of their own.
 */
export function transferKey({ at, sendId, part, copy }: Requests, request: number): number {
  double[0] = at[request]!
  const sent = words[0]! ^ Math.imul(words[1]!, 0x9e3779b1)
  const copyAndPart = Math.imul(part[request]!, 0x165667b1) ^ Math.imul(copy[request]!, 0x5851f42d)
  return sent ^ Math.imul(sendId[request]!, 0x27d4eb2f) ^ copyAndPart
}

/** Takes over a request, or what is sent for it, once that is delivered. */
export interface Receiver {
  delivered(now: Ms, request: number): void
}

/**
 * Commands transfers and hands over what they deliver. A request has at most one transfer at a
 * time.
 */
export class Carrier {
  readonly #backend: TransferBackend | null
  /** by request */
  readonly #receivers: (Receiver | undefined)[] = []

  /** Null where nothing is sent anywhere. */
  constructor(backend: TransferBackend | null) {
    this.#backend = backend
  }

  send(transfer: Transfer, to: Receiver): void {
    if (this.#backend === null) throw new Error('Expected a world with transfers')
    this.#receivers[transfer.request] = to
    this.#backend.transfer(transfer)
  }

  delivered(now: Ms, request: number): void {
    const receiver = this.#receivers[request]
    if (receiver === undefined) throw new Error(`Expected request ${request} to be on its way`)
    this.#receivers[request] = undefined
    receiver.delivered(now, request)
  }
}

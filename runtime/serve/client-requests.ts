import { type Ms, OUTCOME, type Outcome } from '../../sim/serving/index.ts'
import { type EndedBatch, type EndedRequest, endedAs } from './ended-request.ts'
import type { InferRequest } from './infer-request.ts'
import type { InputSlab } from './input-slab.ts'
import { OUTPUT_STATE, type OutputSlab } from './output-slab.ts'
import type { SlotTable } from './slot-table.ts'

/** How a request of a client ended, with its outputs where it was served. */
export interface Settled extends EndedRequest {
  readonly outputs: readonly Uint8Array[] | null
}

interface InFlight extends Pick<InferRequest, 'class' | 'length'> {
  readonly model: number
  readonly resolve: (settled: Settled) => void
}

interface ClientSide {
  readonly table: SlotTable
  readonly maxRequests: number
  /** of each model */
  readonly inputs: readonly InputSlab[]
  /** of each executor */
  readonly outputs: readonly OutputSlab[]
  /** the clock of the fleet */
  readonly now: () => Ms
}

/**
 * The requests of clients that are in the system. A slot is used again once its request has
 * settled, also where the client has left before.
 */
export class ClientRequests {
  /** gets each request that has settled */
  onEnded: (ended: EndedRequest) => void = () => {}
  readonly #side: ClientSide
  readonly #free: number[]
  readonly #inFlight = new Map<number, InFlight>()

  constructor(side: ClientSide) {
    this.#side = side
    this.#free = Array.from({ length: side.maxRequests }, (_, i) => side.maxRequests - 1 - i)
  }

  get inFlight(): number {
    return this.#inFlight.size
  }

  /** Sends a request to the dispatcher; null where as many as possible are in flight. */
  send(
    model: number,
    request: Pick<InferRequest, 'class' | 'length' | 'inputs'>,
  ): Promise<Settled> | null {
    const slot = this.#free.pop()
    if (slot === undefined) return null
    const { table, inputs, now } = this.#side
    const { class: classNumber, length } = request
    inputs[model]!.write(slot, length, request.inputs)
    return new Promise((resolve) => {
      this.#inFlight.set(slot, { model, class: classNumber, length, resolve })
      table.send({ slot, class: classNumber, length, at: now() })
    })
  }

  /** Settles requests as long as the process runs. */
  async watch(): Promise<never> {
    for (;;) {
      this.settle()
      await this.#side.table.someSettled()
    }
  }

  /** Settles the requests that have ended by now. */
  settle(): void {
    const { table } = this.#side
    for (let slot = table.takeSettled(); slot >= 0; slot = table.takeSettled()) {
      const { resolve, ...sent } = this.#inFlight.get(slot)!
      const settled = this.#settled(slot, sent)
      this.#inFlight.delete(slot)
      this.#free.push(slot)
      this.onEnded(settled)
      resolve(settled)
    }
  }

  #settled(
    slot: number,
    { model, class: classNumber, length }: Omit<InFlight, 'resolve'>,
  ): Settled {
    const { table, outputs } = this.#side
    const outcome = table.outcome[slot]! as Outcome
    const at = table.at[slot]!
    const totalMs = table.settled[slot]! - at
    const ended = { model, class: classNumber, totalMs, batch: null, outputs: null }
    if (table.size[slot] === 0) return { ...ended, as: endedAs(outcome) }
    const slab = outputs[table.executor[slot]!]!
    const state = slab.take(slot)
    const batch: EndedBatch = {
      size: table.size[slot]!,
      first: table.place[slot] === 0 && state === OUTPUT_STATE.written,
      queueMs: table.started[slot]! - at,
      computeMs: table.ended[slot]! - table.started[slot]!,
    }
    const ran = { ...ended, batch }
    if (outcome !== OUTCOME.served) return { ...ran, as: endedAs(outcome) }
    if (state === OUTPUT_STATE.rejected) return { ...ran, as: 'invalid' }
    const isWritten = state === OUTPUT_STATE.written || state === OUTPUT_STATE.writtenApart
    if (!isWritten) return { ...ran, as: 'failed' }
    return { ...ran, as: 'served', outputs: slab.read(slot, length) }
  }
}

import { type Ms, OUTCOME, type Outcome } from '../../sim/serving/index.ts'
import { type EndedBatch, type EndedRequest, endedAs } from './ended-request.ts'
import type { InferRequest } from './infer-request.ts'
import type { InputSlab } from './input-slab.ts'
import { OUTPUT_STATE, type OutputSlab } from './output-slab.ts'
import type { SlotTable } from './slot-table.ts'
import type { TokenSlab } from './token-slab.ts'

/** How a request of a client ended, with its outputs where it was served. */
export interface Settled extends EndedRequest {
  readonly outputs: readonly Uint8Array[] | null
}

interface InFlight extends Pick<InferRequest, 'class' | 'length'> {
  readonly model: number
  readonly resolve: (settled: Settled) => void
  /** null where the model does not generate */
  readonly answer: Answer | null
}

/** The tokens of a request that have come. */
interface Answer {
  readonly at: Ms
  readonly onTokens: (tokens: Int32Array) => void
  tokens: number
  firstMs: Ms | null
}

/** A request for tokens. */
export interface TokenRequest {
  readonly class: number
  readonly prompt: Int32Array
  /** tokens to generate */
  readonly answers: number
}

interface ClientSide {
  readonly table: SlotTable
  readonly maxRequests: number
  /** of each model that does not generate */
  readonly inputs: readonly InputSlab[]
  /** of each executor; null for one that generates */
  readonly outputs: readonly (OutputSlab | null)[]
  /** null where no model generates */
  readonly tokens: TokenSlab | null
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
    const { class: classNumber, length } = request
    this.#side.inputs[model]!.write(slot, length, request.inputs)
    return this.#send(slot, { model, class: classNumber, length, answer: null })
  }

  /**
   * The same for a model that generates. `onTokens` gets tokens as they come, all of them before
   * the request has settled.
   */
  generate(
    model: number,
    { class: classNumber, prompt, answers }: TokenRequest,
    onTokens: Answer['onTokens'],
  ): Promise<Settled> | null {
    const slot = this.#free.pop()
    if (slot === undefined) return null
    this.#side.tokens!.write(slot, prompt)
    const answer = { at: this.#side.now(), onTokens, tokens: 0, firstMs: null }
    const sent = { model, class: classNumber, length: prompt.length, answer }
    return this.#send(slot, sent, answers)
  }

  #send(slot: number, sent: Omit<InFlight, 'resolve'>, answers = 0): Promise<Settled> {
    const { table, now } = this.#side
    return new Promise((resolve) => {
      this.#inFlight.set(slot, { ...sent, resolve })
      table.send({ slot, class: sent.class, length: sent.length, answers, at: now() })
    })
  }

  /** Settles requests as long as the process runs. */
  async watch(): Promise<never> {
    for (;;) {
      this.settle()
      await this.#side.table.someSettled()
    }
  }

  /** Passes tokens on as long as the process runs. */
  async watchTokens(): Promise<void> {
    const { tokens } = this.#side
    while (tokens !== null) {
      const before = tokens.came
      for (const [slot, { answer }] of this.#inFlight) {
        if (answer !== null) this.#passOn(slot, answer, tokens)
      }
      await tokens.someCame(before)
    }
  }

  #passOn(slot: number, answer: Answer, slab: TokenSlab): void {
    const tokens = slab.after(slot, answer.tokens)
    if (tokens.length === 0) return
    answer.firstMs ??= this.#side.now() - answer.at
    answer.tokens += tokens.length
    answer.onTokens(tokens)
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
    { model, class: classNumber, length, answer }: Omit<InFlight, 'resolve'>,
  ): Settled {
    const { table, outputs, tokens } = this.#side
    if (answer !== null) this.#passOn(slot, answer, tokens!)
    const outcome = table.outcome[slot]! as Outcome
    const at = table.at[slot]!
    const ended = {
      ...{ model, class: classNumber, totalMs: table.settled[slot]! - at },
      ...{ batch: null, outputs: null },
      generated: answer && {
        ...{ promptTokens: length, tokens: answer.tokens, firstMs: answer.firstMs },
      },
    }
    const slab = table.size[slot] === 0 ? null : (outputs[table.executor[slot]!] ?? null)
    if (slab === null) return { ...ended, as: endedAs(outcome) }
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

import { growColumns } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'

/** The state of sequences in engines, by the slots of their requests. */
export class Sequences {
  /** tokens in the KV cache once it is prefilled, and when it began to decode */
  context = new Int32Array(256)
  /** tokens that are yet to be prefilled; 0: all that was there is in the KV cache, or was */
  toPrefill = new Int32Array(256)
  /** tokens generated, up to when it began to decode */
  generated = new Int32Array(256)
  /** number of the engine's step when it began to decode */
  joined = new Float64Array(256)
  /** number of the engine's step after which it is done */
  finish = new Float64Array(256)
  /** when its last token came out, before it began to decode */
  tokenAt = new Float64Array(256)
  /** its number in the order of admission */
  number = new Float64Array(256)
  /** when it was admitted first */
  admitted = new Float64Array(256)
  /** admissions so far */
  count = 0

  /** A request of `length` tokens is enqueued. */
  begin(slot: number, length: number): void {
    if (slot >= this.context.length) growColumns(this, 2 * slot)
    this.context[slot] = length
    this.toPrefill[slot] = length
    this.generated[slot] = 0
  }

  /** Tokens of a decoding sequence at step number `step`. */
  contextAt(slot: number, step: number): number {
    return this.context[slot]! + step - this.joined[slot]!
  }

  tokenCameAt(slot: number, now: Ms): void {
    this.generated[slot]!++
    this.tokenAt[slot] = now
  }
}

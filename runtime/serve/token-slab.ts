import { Failure } from '../../scenarios/index.ts'

/** Tokens of requests that generate, in memory that threads share. It can be sent to a thread. */
export interface TokenMemory {
  readonly slots: number
  /** the most tokens of a prompt with its answer */
  readonly context: number
  /** how often tokens have come; by slot, how many; by request of the dispatcher, its slot */
  readonly words: SharedArrayBuffer
  /** by slot */
  readonly prompts: SharedArrayBuffer
  /** by slot */
  readonly answers: SharedArrayBuffer
}

const CAME = 0
const HEADER = 1
const MOST_BYTES = 2 ** 32

/** Throws `Failure` where contexts are too long for so many requests. */
export function tokenMemory(slots: number, context: number): TokenMemory {
  const bytes = 4 * context
  if (slots * bytes > MOST_BYTES) {
    const most = 2 ** Math.floor(Math.log2(MOST_BYTES / bytes))
    const text = `contexts of ${context} tokens are too long for ${slots} requests at once`
    throw new Failure(`${text}; use --max-requests ${most} at most`)
  }
  return {
    ...{ slots, context },
    words: new SharedArrayBuffer(4 * (HEADER + 2 * slots)),
    prompts: new SharedArrayBuffer(slots * bytes),
    answers: new SharedArrayBuffer(slots * bytes),
  }
}

/**
 * Prompts of requests, and their answers token by token. An executor writes each token as its step
 * ends: its run of many steps may go on for long. A sequence that has a slot of an engine generates
 * to its end, so that no token comes once its request has settled.
 */
export class TokenSlab {
  readonly #context: number
  readonly #words: Int32Array
  readonly #counts: Int32Array
  readonly #slotOf: Int32Array
  readonly #prompts: Int32Array
  readonly #answers: Int32Array

  constructor({ slots, context, words, prompts, answers }: TokenMemory) {
    this.#context = context
    this.#words = new Int32Array(words)
    this.#counts = new Int32Array(words, 4 * HEADER, slots)
    this.#slotOf = new Int32Array(words, 4 * (HEADER + slots), slots)
    this.#prompts = new Int32Array(prompts)
    this.#answers = new Int32Array(answers)
  }

  // the side of the clients

  write(slot: number, prompt: Int32Array): void {
    this.#prompts.set(prompt, slot * this.#context)
    Atomics.store(this.#counts, slot, 0)
  }

  /** A copy of the tokens of an answer that have come after the first `known`. */
  after(slot: number, known: number): Int32Array {
    const at = slot * this.#context
    return this.#answers.slice(at + known, at + Atomics.load(this.#counts, slot))
  }

  get came(): number {
    return Atomics.load(this.#words, CAME)
  }

  /** Resolves once tokens have come since `came` had this value. */
  async someCame(before: number): Promise<void> {
    await Atomics.waitAsync(this.#words, CAME, before).value
  }

  // the side of the dispatcher

  /** `request`: as the dispatcher numbers it, and executors name its sequence. */
  assign(request: number, slot: number): void {
    this.#slotOf[request] = slot
  }

  prompt(request: number, length: number): Int32Array {
    const at = this.#slotOf[request]! * this.#context
    return this.#prompts.slice(at, at + length)
  }

  // the side of an executor

  /** A step has ended with these tokens. */
  add(answers: readonly { readonly sequence: number; readonly token: number }[]): void {
    for (const { sequence, token } of answers) {
      const slot = this.#slotOf[sequence]!
      const count = this.#counts[slot]!
      this.#answers[slot * this.#context + count] = token
      Atomics.store(this.#counts, slot, count + 1)
    }
    Atomics.add(this.#words, CAME, 1)
    Atomics.notify(this.#words, CAME)
  }
}

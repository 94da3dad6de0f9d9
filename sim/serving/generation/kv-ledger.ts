import type { KvPlan } from './kv-plan.ts'

/**
 * The KV cache of a replica as a ledger of blocks. Sequences that decode grow together, a token a
 * step: those whose contexts are alike modulo the block size need their next block at the same
 * step, so counts of such phases tell what any number of steps takes.
 */
export class KvLedger {
  readonly blockTokens: number
  free: number
  used = 0
  #growing = 0
  /** growing sequences by their context less the number of the step, modulo the block size */
  readonly #phases: Float64Array

  constructor({ blocks, blockTokens }: Pick<KvPlan, 'blocks' | 'blockTokens'>) {
    this.free = blocks
    this.blockTokens = blockTokens
    this.#phases = new Float64Array(blockTokens)
  }

  /** Blocks that hold so many tokens. */
  blocksOf(tokens: number): number {
    return Math.ceil(tokens / this.blockTokens)
  }

  take(blocks: number): void {
    this.free -= blocks
    this.used += blocks
  }

  release(blocks: number): void {
    this.free += blocks
    this.used -= blocks
  }

  /** A sequence of `context` tokens grows from step number `step` on. */
  join(context: number, step: number): void {
    this.#phases[this.#phase(context - step)]!++
    this.#growing++
  }

  leave(context: number, step: number): void {
    this.#phases[this.#phase(context - step)]!--
    this.#growing--
  }

  /** Blocks that step number `step` takes. */
  needs(step: number): number {
    return this.#phases[this.#phase(-step)]!
  }

  /** How many steps from number `step` on the free blocks suffice for; at most `most`. */
  affords(step: number, most: number): number {
    if (this.#growing === 0 || this.free === Number.POSITIVE_INFINITY) return most
    const rounds = Math.min(
      Math.floor(this.free / this.#growing),
      Math.floor(most / this.blockTokens),
    )
    let left = this.free - rounds * this.#growing
    let steps = rounds * this.blockTokens
    while (steps < most) {
      left -= this.needs(step + steps)
      if (left < 0) break
      steps++
    }
    return steps
  }

  /** Takes what `steps` steps from number `step` on need. */
  grow(step: number, steps: number): void {
    const rounds = Math.floor(steps / this.blockTokens)
    let blocks = rounds * this.#growing
    for (let i = rounds * this.blockTokens; i < steps; i++) blocks += this.needs(step + i)
    this.take(blocks)
  }

  #phase(number: number): number {
    const phase = number % this.blockTokens
    return phase < 0 ? phase + this.blockTokens : phase
  }
}

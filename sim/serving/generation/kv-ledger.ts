import type { KvPlan } from './kv-plan.ts'

/**
 * The KV cache of a replica as a ledger of blocks. Decoding sequences grow by a token a step.
 * Sequences with equal contexts modulo the block size need their next block at the same step, so
 * counts of these phases give the blocks of any number of steps.
 */
export class KvLedger {
  readonly blockTokens: number
  free: number
  used = 0
  /** unused blocks that are kept for later requests */
  kept = 0
  #growing = 0
  /** growing sequences by their context less the number of the step, modulo the block size */
  readonly #phases: Float64Array

  constructor({ blocks, blockTokens }: Pick<KvPlan, 'blocks' | 'blockTokens'>) {
    this.free = blocks
    this.blockTokens = blockTokens
    this.#phases = new Float64Array(blockTokens)
  }

  /** Blocks that may be taken. */
  get room(): number {
    return this.free + this.kept
  }

  /** Share of all blocks that are in use. */
  get usage(): number {
    return this.used / (this.used + this.kept + this.free)
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

  /** A block is used no more, but kept. */
  keep(): void {
    this.used--
    this.kept++
  }

  /** A block that was kept is used again. */
  reuse(): void {
    this.kept--
    this.used++
  }

  /** A block that was kept is free. */
  evicted(): void {
    this.kept--
    this.free++
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

  /** How many steps from number `step` on the room suffices for; at most `most`. */
  affords(step: number, most: number): number {
    const { room } = this
    if (this.#growing === 0 || room === Number.POSITIVE_INFINITY) return most
    const rounds = Math.min(Math.floor(room / this.#growing), Math.floor(most / this.blockTokens))
    let left = room - rounds * this.#growing
    let steps = rounds * this.blockTokens
    let phase = this.#phase(-step)
    while (steps < most) {
      left -= this.#phases[phase]!
      if (left < 0) break
      steps++
      phase = this.#after(phase)
    }
    return steps
  }

  /** Blocks that `steps` steps from number `step` on take. */
  growth(step: number, steps: number): number {
    const rounds = Math.floor(steps / this.blockTokens)
    let blocks = rounds * this.#growing
    let phase = this.#phase(-step)
    for (let i = rounds * this.blockTokens; i < steps; i++) {
      blocks += this.#phases[phase]!
      phase = this.#after(phase)
    }
    return blocks
  }

  /** The phase that needs its blocks one step later; a remainder would take longer. */
  #after(phase: number): number {
    return phase > 0 ? phase - 1 : this.blockTokens - 1
  }

  #phase(number: number): number {
    const phase = number % this.blockTokens
    return phase < 0 ? phase + this.blockTokens : phase
  }
}

import { PREFIX_TOKENS } from '../../serving/index.ts'

/**
 * Numbers for what prompts of conversations begin with: those of a turn are those of the turn
 * before and further ones. All conversations have the first tokens in common, in whole numbers.
 */
export class Histories {
  readonly #common: number
  #fresh: number

  constructor(commonTokens: number) {
    this.#common = Math.floor(commonTokens / PREFIX_TOKENS)
    this.#fresh = this.#common
  }

  /** Of so many tokens, the answer among them, that follow a turn; null for the first turn. */
  of(tokens: number, before: Int32Array | null): Int32Array {
    const known = before?.length ?? this.#common
    const count = Math.ceil(tokens / PREFIX_TOKENS)
    return Int32Array.from({ length: count }, (_, i) => {
      if (i >= known) return this.#fresh++
      return before === null ? i : before[i]!
    })
  }
}

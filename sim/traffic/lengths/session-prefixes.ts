import { PREFIX_TOKENS } from '../../serving/index.ts'

/**
 * Numbers of prompt prefixes in sessions. A turn has the numbers of the turn before and further
 * ones. All sessions share the numbers of the common prefix, as far as it fills whole numbers.
 */
export class SessionPrefixes {
  readonly #common: number
  #fresh: number

  constructor(commonTokens: number) {
    this.#common = Math.floor(commonTokens / PREFIX_TOKENS)
    this.#fresh = this.#common
  }

  /** Numbers for a turn of `tokens`, answer included; `before`: those of the turn before. */
  of(tokens: number, before: Int32Array | null): Int32Array {
    const shared = before?.length ?? this.#common
    const count = Math.ceil(tokens / PREFIX_TOKENS)
    return Int32Array.from({ length: count }, (_, i) => {
      if (i >= shared) return this.#fresh++
      return before === null ? i : before[i]!
    })
  }
}

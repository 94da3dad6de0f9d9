import type { KvUse } from '../../serving/index.ts'
import type { Ratio } from './space-recorder.ts'

/** Prompt tokens, and prefix-cache hits among them, by executor; warm-up included. */
export class PrefixHits {
  readonly #poolOf: readonly number[]
  readonly #promptTokens: Float64Array
  readonly #hitTokens: Float64Array

  constructor(poolOf: readonly number[]) {
    this.#poolOf = poolOf
    this.#promptTokens = new Float64Array(poolOf.length)
    this.#hitTokens = new Float64Array(poolOf.length)
  }

  /** The tokens of an executor so far. */
  record({ executor, promptTokens, hitTokens }: KvUse): void {
    this.#promptTokens[executor] = promptTokens
    this.#hitTokens[executor] = hitTokens
  }

  /** Hits of all prompt tokens of a pool. */
  ratio(pool: number): Ratio {
    const sum = (tokens: Float64Array) =>
      tokens.reduce((total, n, i) => total + (this.#poolOf[i] === pool ? n : 0), 0)
    return { part: sum(this.#hitTokens), of: sum(this.#promptTokens) }
  }
}

import type { GenerationPlan } from '../../serving/index.ts'
import type { Evidence } from '../evidence/evidence.ts'

/** Tokens per number of a prompt prefix, defined a second time to share no code. */
const NUMBERED_TOKENS = 512
/** above all prefix numbers, so that names of different classes differ */
const NUMBERS = 2 ** 31

/**
 * Blocks for the prompts of running sequences, each shared block counted once. A lower bound: until
 * a shared block is computed, each sequence has its own copy, which rows do not show.
 */
export class PromptBlocks {
  readonly #evidence: Evidence
  readonly #kv: GenerationPlan['kv']
  /** blocks that cannot be shared */
  #unshared = 0
  /** number of sequences that use each shared block, by its name */
  readonly #users = new Map<number, number>()

  constructor(evidence: Evidence, kv: GenerationPlan['kv']) {
    this.#evidence = evidence
    this.#kv = kv
  }

  get count(): number {
    return this.#unshared + this.#users.size
  }

  /** Adds the prompt of a sequence, or removes it. */
  change(key: number, by: 1 | -1): void {
    const { rows, classOf } = this.#evidence
    const { blockTokens, prefixCache } = this.#kv
    const length = rows.inputTokens[key]!
    const numbers = this.#numbersOf(key)
    const common = numbers ? numbers.length * NUMBERED_TOKENS : classOf(key).sharedPrefixTokens
    const shared = prefixCache ? Math.floor(Math.min(common, length) / blockTokens) : 0
    this.#unshared += by * (Math.ceil(length / blockTokens) - shared)
    for (let block = 0; block < shared; block++) {
      const name = this.#nameOf(rows.class[key]!, numbers, block * blockTokens)
      const users = (this.#users.get(name) ?? 0) + by
      if (users > 0) this.#users.set(name, users)
      else this.#users.delete(name)
    }
  }

  #numbersOf(key: number): Int32Array | null {
    const { requests, expected } = this.#evidence
    return requests.prefixes?.[expected.sending[key]!] ?? null
  }

  /**
   * Name of the block that begins with a prompt's token `from`. Blocks of one name have the same
   * content.
   */
  #nameOf(ofClass: number, numbers: Int32Array | null, from: number): number {
    if (numbers === null) return -1 - (ofClass * NUMBERS + from)
    const number = ofClass * NUMBERS + numbers[Math.floor(from / NUMBERED_TOKENS)]!
    return number * NUMBERED_TOKENS + (from % NUMBERED_TOKENS)
  }
}

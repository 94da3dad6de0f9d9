import type { Evidence } from '../evidence/evidence.ts'
import type { PromisedKv } from './promised-kv.ts'

/** Tokens for which a prompt has a number each, written down a second time. */
const NUMBERED_TOKENS = 512
/** classes and numbers keep clear of one another in a name */
const NUMBERS = 2 ** 31

/**
 * Blocks that prompts of running sequences have between them. A block of which it is known that
 * others have the same counts once; until it is computed each has its own, which rows do not tell,
 * so there may be more.
 */
export class PromptBlocks {
  readonly #seen: Evidence
  readonly #kv: PromisedKv
  /** blocks that nobody else can have */
  #own = 0
  /** of the others, by name: how many sequences have it */
  readonly #users = new Map<number, number>()

  constructor(seen: Evidence, kv: PromisedKv) {
    this.#seen = seen
    this.#kv = kv
  }

  get count(): number {
    return this.#own + this.#users.size
  }

  add(key: number): void {
    this.#change(key, 1)
  }

  remove(key: number): void {
    this.#change(key, -1)
  }

  #change(key: number, by: 1 | -1): void {
    const { rows, classOf } = this.#seen
    const { blockTokens, prefixCache } = this.#kv
    const length = rows.length[key]!
    const numbers = this.#numbersOf(key)
    const common = numbers ? numbers.length * NUMBERED_TOKENS : classOf(key).sharedPrefixTokens
    const shared = prefixCache ? Math.floor(Math.min(common, length) / blockTokens) : 0
    this.#own += by * (Math.ceil(length / blockTokens) - shared)
    for (let block = 0; block < shared; block++) {
      const name = this.#nameOf(rows.class[key]!, numbers, block * blockTokens)
      const users = (this.#users.get(name) ?? 0) + by
      if (users > 0) this.#users.set(name, users)
      else this.#users.delete(name)
    }
  }

  #numbersOf(key: number): Int32Array | null {
    const { requests, expected } = this.#seen
    return requests.prefixes?.[expected.sending[key]!] ?? null
  }

  /** Of the block that begins with a prompt's token `from`: all of one name hold the same. */
  #nameOf(ofClass: number, numbers: Int32Array | null, from: number): number {
    if (numbers === null) return -1 - (ofClass * NUMBERS + from)
    const number = ofClass * NUMBERS + numbers[Math.floor(from / NUMBERED_TOKENS)]!
    return number * NUMBERED_TOKENS + (from % NUMBERED_TOKENS)
  }
}

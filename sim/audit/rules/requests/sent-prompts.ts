import type { Evidence } from '../../evidence/evidence.ts'

/** Blocks of a prompt that an endpoint picker compares. */
export const PICKER_BLOCKS = 256

/** Tokens of a block of a prompt, and of a number of a prefix. */
const BLOCK = 16
const NUMBERED = 512
/** above all numbers of prefixes, so that names of different classes differ */
const NUMBERS = 2 ** 31

/** The blocks of prompts that the candidates of each router were sent, from the rows alone. */
export class SentPrompts {
  readonly #seen: Evidence
  readonly #ofRouter = new Map<string, Map<number, Set<number>>>()

  constructor(seen: Evidence) {
    this.#seen = seen
  }

  /** Whether the evidence has the prompts. */
  get known(): boolean {
    return this.#seen.requests.prefixes !== undefined
  }

  /**
   * A candidate of a router was sent a prompt, of which the router takes its first `most` blocks;
   * only the last `lruBlocks` blocks of all are kept.
   */
  add(
    router: string,
    candidate: number,
    key: number,
    { lruBlocks, most }: { readonly lruBlocks: number; readonly most: number },
  ): void {
    const sent = this.#sentTo(router, candidate)
    for (const name of this.#blocksOf(key).slice(0, most).reverse()) {
      sent.delete(name)
      sent.add(name)
    }
    const surplus = sent.size - lruBlocks
    for (const name of [...sent].slice(0, Math.max(0, surplus))) sent.delete(name)
  }

  /** The blocks with which a prompt begins that a candidate was sent. */
  matched(router: string, candidate: number, key: number): number {
    const sent = this.#sentTo(router, candidate)
    const blocks = this.#blocksOf(key)
    const missing = blocks.findIndex((name) => !sent.has(name))
    return missing < 0 ? blocks.length : missing
  }

  /** Of a prompt as an endpoint picker compares it, the part that a candidate was sent. */
  pickerShare(router: string, candidate: number, key: number): number {
    const tokens = this.#seen.rows.inputTokens[key]!
    const blocks = Math.min(PICKER_BLOCKS, Math.floor(tokens / BLOCK))
    return blocks === 0 ? 0 : Math.min(blocks, this.matched(router, candidate, key)) / blocks
  }

  share(blocks: number, key: number): number {
    return (blocks * BLOCK) / this.#seen.rows.inputTokens[key]!
  }

  size(router: string, candidate: number): number {
    return this.#sentTo(router, candidate).size
  }

  #sentTo(router: string, candidate: number): Set<number> {
    const own = this.#ofRouter.get(router) ?? new Map<number, Set<number>>()
    this.#ofRouter.set(router, own)
    const sent = own.get(candidate) ?? new Set<number>()
    own.set(candidate, sent)
    return sent
  }

  /** Names of the whole blocks of a prompt that are known; equal names have equal beginnings. */
  #blocksOf(key: number): number[] {
    const { rows, requests, expected, classOf } = this.#seen
    const numbers = requests.prefixes?.[expected.sending[key] ?? key]
    const known = numbers ? numbers.length * NUMBERED : classOf(key).sharedPrefixTokens
    const count = Math.floor(Math.min(known, rows.inputTokens[key]!) / BLOCK)
    const ofClass = rows.class[key]! * NUMBERS
    return Array.from({ length: count }, (_, block) => {
      const from = block * BLOCK
      if (!numbers) return -1 - (ofClass + from)
      return (ofClass + numbers[Math.floor(from / NUMBERED)]!) * NUMBERED + (from % NUMBERED)
    })
  }
}

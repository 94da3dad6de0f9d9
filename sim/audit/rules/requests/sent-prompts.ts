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
  readonly #evidence: Evidence
  readonly #ofRouter = new Map<string, Map<number, Set<number>>>()

  constructor(evidence: Evidence) {
    this.#evidence = evidence
  }

  /** Whether the evidence has the prompts. */
  get available(): boolean {
    return this.#evidence.requests.prefixes !== undefined
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
    const tokens = this.#evidence.rows.inputTokens[key]!
    const blocks = Math.min(PICKER_BLOCKS, Math.floor(tokens / BLOCK))
    return blocks === 0 ? 0 : Math.min(blocks, this.matched(router, candidate, key)) / blocks
  }

  share(blocks: number, key: number): number {
    return (blocks * BLOCK) / this.#evidence.rows.inputTokens[key]!
  }

  size(router: string, candidate: number): number {
    return this.#sentTo(router, candidate).size
  }

  #sentTo(router: string, candidate: number): Set<number> {
    const byCandidate = this.#ofRouter.get(router) ?? new Map<number, Set<number>>()
    this.#ofRouter.set(router, byCandidate)
    const sent = byCandidate.get(candidate) ?? new Set<number>()
    byCandidate.set(candidate, sent)
    return sent
  }

  /** Names of the whole blocks of a prompt that have one; equal names have equal beginnings. */
  #blocksOf(key: number): number[] {
    const { rows, requests, expected, classOf } = this.#evidence
    const numbers = requests.prefixes?.[expected.sending[key] ?? key]
    const namedTokens = numbers ? numbers.length * NUMBERED : classOf(key).sharedPrefixTokens
    const count = Math.floor(Math.min(namedTokens, rows.inputTokens[key]!) / BLOCK)
    const ofClass = rows.class[key]! * NUMBERS
    return Array.from({ length: count }, (_, block) => {
      const from = block * BLOCK
      if (!numbers) return -1 - (ofClass + from)
      return (ofClass + numbers[Math.floor(from / NUMBERED)]!) * NUMBERED + (from % NUMBERED)
    })
  }
}

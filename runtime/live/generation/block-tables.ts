import { createHash } from 'node:crypto'
import { otherCache } from './other-cache.ts'

/** A block whose tokens are known, and what stands before them. */
interface KnownBlock {
  readonly block: number
  readonly name: string
  users: number
}

/** The blocks of a sequence that has a slot. */
interface Table {
  /** from the front of its prompt, blocks that are known by their tokens */
  readonly known: KnownBlock[]
  /** those that follow */
  readonly own: number[]
  /** its first tokens, as many as others may begin with */
  readonly ids: Int32Array
}

export interface BlockTablesOptions {
  readonly blocks: number
  readonly blockTokens: number
  /** whether blocks are kept for prompts that begin alike */
  readonly prefixCache: boolean
}

/**
 * Which blocks of an executor's KV cache hold the tokens of which sequence. Blocks are shared by
 * what they hold: tokens are compared, and nothing that the control plane believes of them. A block
 * that no sequence uses any more is kept until its room is needed, the least recently used first,
 * of a sequence its last block first.
 */
export class BlockTables {
  readonly blockTokens: number
  readonly #prefixCache: boolean
  /** free blocks that sequences have had */
  readonly #freed: number[] = []
  /** the first block that no sequence has had; all after it are free, too */
  #untouched = 0
  readonly #tables = new Map<number, Table>()
  readonly #byName = new Map<string, KnownBlock>()
  /** known blocks without a user, the least recently used first */
  readonly #kept = new Set<KnownBlock>()
  readonly #blocks: number

  constructor({ blocks, blockTokens, prefixCache }: BlockTablesOptions) {
    this.blockTokens = blockTokens
    this.#prefixCache = prefixCache
    this.#blocks = blocks
  }

  get free(): number {
    return this.#freed.length + this.#blocks - this.#untouched
  }

  get kept(): number {
    return this.#kept.size
  }

  get used(): number {
    return this.#blocks - this.free - this.kept
  }

  /**
   * A sequence takes blocks for so many tokens, of which the first `find` are looked up by their
   * `ids`. Returns how many tokens it finds computed.
   */
  join(
    sequence: number,
    {
      ids,
      find,
      tokens,
    }: { readonly ids: Int32Array; readonly find: number; readonly tokens: number },
  ): number {
    if (this.#tables.has(sequence)) throw new Error(`Expected sequence ${sequence} to have left`)
    const table: Table = { known: this.#found(ids, find), own: [], ids }
    for (const known of table.known) this.#use(known)
    this.#tables.set(sequence, table)
    this.hold(sequence, tokens)
    return table.known.length * this.blockTokens
  }

  /** A sequence has blocks for so many tokens from now on. Throws `Failure` where none is left. */
  hold(sequence: number, tokens: number): void {
    const { known, own } = this.#table(sequence)
    const blocks = Math.ceil(tokens / this.blockTokens) - known.length
    while (own.length < blocks) own.push(this.#take())
  }

  /** Its first `tokens` tokens are computed: blocks that it has twice are free. */
  computed(sequence: number, tokens: number): void {
    if (!this.#prefixCache) return
    const { known, own, ids } = this.#table(sequence)
    const count = Math.floor(Math.min(tokens, ids.length) / this.blockTokens)
    while (known.length < count) {
      const name = this.#name(known.at(-1)?.name ?? '', ids, known.length)
      const block = own.shift()
      if (block === undefined) throw new Error(`Expected a block of sequence ${sequence}`)
      const other = this.#byName.get(name)
      if (other === undefined) {
        const entered = { block, name, users: 1 }
        this.#byName.set(name, entered)
        known.push(entered)
      } else {
        this.#use(other)
        this.#freed.push(block)
        known.push(other)
      }
    }
  }

  /** A sequence gives up its blocks: those that are known are kept, the others are free. */
  leave(sequence: number): void {
    const { known, own } = this.#table(sequence)
    this.#tables.delete(sequence)
    for (const each of known.toReversed()) {
      each.users--
      if (each.users === 0) this.#kept.add(each)
    }
    this.#freed.push(...own)
  }

  /** The blocks of a sequence, in the order of its tokens. */
  blocksOf(sequence: number): number[] {
    const { known, own } = this.#table(sequence)
    return [...known.map(({ block }) => block), ...own]
  }

  #table(sequence: number): Table {
    const table = this.#tables.get(sequence)
    if (table === undefined) throw new Error(`Expected sequence ${sequence} to have a slot`)
    return table
  }

  #found(ids: Int32Array, tokens: number): KnownBlock[] {
    const found: KnownBlock[] = []
    if (!this.#prefixCache) return found
    const most = Math.floor(Math.min(tokens, ids.length) / this.blockTokens)
    for (let name = ''; found.length < most; ) {
      name = this.#name(name, ids, found.length)
      const known = this.#byName.get(name)
      if (known === undefined) break
      found.push(known)
    }
    return found
  }

  /** What a block holds, and all before it. */
  #name(before: string, ids: Int32Array, block: number): string {
    const from = block * this.blockTokens
    const tokens = ids.subarray(from, from + this.blockTokens)
    const bytes = new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)
    return createHash('sha1').update(before).update(bytes).digest('base64')
  }

  #use(known: KnownBlock): void {
    if (known.users === 0) this.#kept.delete(known)
    known.users++
  }

  #take(): number {
    if (this.free === 0) this.#evict()
    return this.#freed.pop() ?? this.#untouched++
  }

  #evict(): void {
    const [oldest] = this.#kept
    if (oldest === undefined) {
      throw otherCache(`a sequence takes a block, and all ${this.#blocks} blocks are in use`)
    }
    this.#kept.delete(oldest)
    this.#byName.delete(oldest.name)
    this.#freed.push(oldest.block)
  }
}

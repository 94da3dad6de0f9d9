import { grown } from '../../kernel/index.ts'
import type { KvLedger } from './kv-ledger.ts'

/** The leading blocks of a request's prompt that can be shared, and the keys of these blocks. */
export interface BlockKeys {
  /** how many there are in its first `tokens` tokens */
  count(request: number, tokens: number): number
  key(request: number, block: number): number
}

/** the list of unused blocks begins and ends here */
const ENDS = 0
const FIRST_ENTRIES = 256

/**
 * Blocks that are known by what they hold. Sequences whose prompts begin alike share them. When
 * a block is no longer used it is kept until its room is needed, the least recently used first. A
 * sequence that leaves has used its first block last: prefixes are forgotten from their ends.
 *
 * A sequence holds known blocks from the front of its prompt: those that it found when it got its
 * slot, and all of them once its prompt is computed.
 */
export class PrefixCache {
  /** of the blocks found last, those in use */
  hitsInUse = 0
  /** uses of blocks beyond the first user's */
  sharedUses = 0
  readonly #kv: KvLedger
  readonly #keys: BlockKeys
  readonly #entries = new Map<number, number>()
  #keyOf = new Float64Array(FIRST_ENTRIES)
  #users = new Int32Array(FIRST_ENTRIES)
  /** neighbours among the unused blocks, from the least recently used on */
  #next = new Int32Array(FIRST_ENTRIES)
  #previous = new Int32Array(FIRST_ENTRIES)
  #size = 1
  readonly #spare: number[] = []
  /** known blocks of the request that was looked up last, and of each that has a place, by slot */
  #hits: number[] = []
  readonly #entriesOf: number[][] = []

  constructor(kv: KvLedger, keys: BlockKeys) {
    this.#kv = kv
    this.#keys = keys
  }

  /** Blocks that were found for the request that was looked up last. */
  get hits(): number {
    return this.#hits.length
  }

  /** Looks a request up, as far as its first `tokens` tokens go. */
  find(request: number, tokens: number): void {
    const most = this.#keys.count(request, tokens)
    this.#hits = []
    this.hitsInUse = 0
    for (let block = 0; block < most; block++) {
      const entry = this.#entries.get(this.#keys.key(request, block))
      if (entry === undefined) return
      this.#hits.push(entry)
      if (this.#users[entry]! > 0) this.hitsInUse++
    }
  }

  /** The request that was looked up last uses what was found. */
  take(request: number): void {
    this.#entriesOf[request] = [...this.#hits]
    for (const entry of this.#hits) this.#use(entry)
  }

  /** A sequence's first `tokens` tokens are computed: blocks that it has twice are free. */
  computed(request: number, tokens: number): void {
    const count = this.#keys.count(request, tokens)
    const heldEntries = this.#entriesOf[request]!
    for (let block = heldEntries.length; block < count; block++) {
      const key = this.#keys.key(request, block)
      const entry = this.#entries.get(key)
      if (entry === undefined) heldEntries.push(this.#enter(key))
      else {
        heldEntries.push(entry)
        this.#use(entry)
        this.#kv.release(1)
      }
    }
  }

  /** A sequence leaves; returns how many of its blocks were known ones. */
  leave(request: number): number {
    const heldEntries = this.#entriesOf[request]!
    for (let block = heldEntries.length - 1; block >= 0; block--) {
      const entry = heldEntries[block]!
      if (--this.#users[entry]! > 0) this.sharedUses--
      else {
        this.#append(entry)
        this.#kv.keep()
      }
    }
    this.#entriesOf[request] = []
    return heldEntries.length
  }

  /** Evicts the least recently used blocks until so many are free, or no unused block is left. */
  evictUntilFree(blocks: number): void {
    while (this.#kv.free < blocks && this.#next[ENDS] !== ENDS) {
      const entry = this.#next[ENDS]!
      this.#remove(entry)
      this.#entries.delete(this.#keyOf[entry]!)
      this.#spare.push(entry)
      this.#kv.evicted()
    }
  }

  #use(entry: number): void {
    if (this.#users[entry]!++ > 0) this.sharedUses++
    else {
      this.#remove(entry)
      this.#kv.reuse()
    }
  }

  /** A block that its only user has computed. */
  #enter(key: number): number {
    const entry = this.#spare.pop() ?? this.#size++
    if (entry >= this.#users.length) this.#growEntries()
    this.#entries.set(key, entry)
    this.#keyOf[entry] = key
    this.#users[entry] = 1
    return entry
  }

  #append(entry: number): void {
    const last = this.#previous[ENDS]!
    this.#next[last] = entry
    this.#previous[entry] = last
    this.#next[entry] = ENDS
    this.#previous[ENDS] = entry
  }

  #remove(entry: number): void {
    const previous = this.#previous[entry]!
    const next = this.#next[entry]!
    this.#next[previous] = next
    this.#previous[next] = previous
  }

  #growEntries(): void {
    const capacity = 2 * this.#users.length
    this.#keyOf = grown(this.#keyOf, capacity)
    this.#users = grown(this.#users, capacity)
    this.#next = grown(this.#next, capacity)
    this.#previous = grown(this.#previous, capacity)
  }
}

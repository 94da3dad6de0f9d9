import type { KvLedger } from './kv-ledger.ts'

/** Which leading blocks of a request's prompt are known, and by what. */
export interface BlockKeys {
  /** those of its first `tokens` tokens */
  count(request: number, tokens: number): number
  key(request: number, block: number): number
}

/** the list of blocks that nobody uses begins and ends here */
const ENDS = 0
const FIRST_ENTRIES = 256

/**
 * Blocks that are known by what they hold. Sequences whose prompts begin alike share them; when
 * nobody uses one any more it is kept until its room is needed, the least recently used first. A
 * sequence that leaves has used its first block last: prefixes are forgotten from their ends.
 *
 * A sequence has its known blocks from the front: as many as it found when it got its place, and
 * once its prompt is computed all of them.
 */
export class PrefixCache {
  /** of the request that was looked up last: known blocks from the front that are here */
  hits = 0
  /** those of them that somebody uses */
  hitsInUse = 0
  /** uses of blocks beyond the first user's */
  again = 0
  readonly #kv: KvLedger
  readonly #keys: BlockKeys
  readonly #entries = new Map<number, number>()
  #keyOf = new Float64Array(FIRST_ENTRIES)
  #users = new Int32Array(FIRST_ENTRIES)
  /** neighbours among the blocks that nobody uses, from the least recently used on */
  #next = new Int32Array(FIRST_ENTRIES)
  #previous = new Int32Array(FIRST_ENTRIES)
  #size = 1
  readonly #spare: number[] = []
  /** known blocks that each request has, by slot */
  #held = new Int32Array(FIRST_ENTRIES)

  constructor(kv: KvLedger, keys: BlockKeys) {
    this.#kv = kv
    this.#keys = keys
  }

  /** Looks a request up, as far as its first `tokens` tokens go. */
  find(request: number, tokens: number): void {
    const most = this.#keys.count(request, tokens)
    this.hits = 0
    this.hitsInUse = 0
    while (this.hits < most) {
      const entry = this.#entries.get(this.#keys.key(request, this.hits))
      if (entry === undefined) return
      this.hits++
      if (this.#users[entry]! > 0) this.hitsInUse++
    }
  }

  /** The request that was looked up last uses what was found. */
  take(request: number): void {
    this.#grow(request)
    this.#held[request] = this.hits
    for (let block = 0; block < this.hits; block++) {
      this.#use(this.#entries.get(this.#keys.key(request, block))!)
    }
  }

  /** A sequence's first `tokens` tokens are computed: blocks that it has twice are free. */
  computed(request: number, tokens: number): void {
    const count = this.#keys.count(request, tokens)
    for (let block = this.#held[request]!; block < count; block++) {
      const key = this.#keys.key(request, block)
      const entry = this.#entries.get(key)
      if (entry === undefined) this.#enter(key)
      else {
        this.#use(entry)
        this.#kv.release(1)
      }
    }
    this.#held[request] = Math.max(this.#held[request]!, count)
  }

  /** A sequence leaves; returns how many of its blocks were known ones. */
  leave(request: number): number {
    const held = this.#held[request]!
    for (let block = held - 1; block >= 0; block--) {
      const entry = this.#entries.get(this.#keys.key(request, block))!
      if (--this.#users[entry]! > 0) this.again--
      else {
        this.#append(entry)
        this.#kv.keep()
      }
    }
    this.#held[request] = 0
    return held
  }

  /** Forgets blocks until so many are free, or none is left that nobody uses. */
  makeRoom(blocks: number): void {
    while (this.#kv.free < blocks && this.#next[ENDS] !== ENDS) {
      const entry = this.#next[ENDS]!
      this.#remove(entry)
      this.#entries.delete(this.#keyOf[entry]!)
      this.#spare.push(entry)
      this.#kv.forget()
    }
  }

  #use(entry: number): void {
    if (this.#users[entry]!++ > 0) this.again++
    else {
      this.#remove(entry)
      this.#kv.reuse()
    }
  }

  /** A block that its only user has computed. */
  #enter(key: number): void {
    const entry = this.#spare.pop() ?? this.#size++
    if (entry >= this.#users.length) this.#growEntries()
    this.#entries.set(key, entry)
    this.#keyOf[entry] = key
    this.#users[entry] = 1
  }

  #append(entry: number): void {
    const last = this.#previous[ENDS]!
    this.#next[last] = entry
    this.#previous[entry] = last
    this.#next[entry] = ENDS
    this.#previous[ENDS] = entry
  }

  #remove(entry: number): void {
    const [previous, next] = [this.#previous[entry]!, this.#next[entry]!]
    this.#next[previous] = next
    this.#previous[next] = previous
  }

  #grow(request: number): void {
    if (request < this.#held.length) return
    this.#held = grown(this.#held, new Int32Array(2 * Math.max(request, this.#held.length)))
  }

  #growEntries(): void {
    const capacity = 2 * this.#users.length
    this.#keyOf = grown(this.#keyOf, new Float64Array(capacity))
    this.#users = grown(this.#users, new Int32Array(capacity))
    this.#next = grown(this.#next, new Int32Array(capacity))
    this.#previous = grown(this.#previous, new Int32Array(capacity))
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

import type { Chunks } from './chunks.ts'

const NONE = -1
const ROOT = 0
/** index of the link to the chunks before it; the link to those after it follows */
const before = (chunk: number) => 2 * chunk + 2
const after = (chunk: number) => 2 * chunk + 3

/**
 * Free chunks in order of size, then of address: a treap (Seidel and Aragon 1996). Its priorities
 * are hashes of the chunks' numbers, so the expected depth is logarithmic and the same traffic
 * always makes the same tree.
 */
export class FreeChunks {
  size = 0
  readonly #chunks: Chunks
  #links = new Int32Array(64).fill(NONE)

  constructor(chunks: Chunks) {
    this.#chunks = chunks
  }

  /**
   * The smallest chunk of at least `bytes`, of equal ones that of the lowest address; -1 for none.
   */
  fit(bytes: number): number {
    const links = this.#links
    const sizes = this.#chunks.bytes
    let best = NONE
    let chunk = links[ROOT]!
    while (chunk !== NONE) {
      if (sizes[chunk]! >= bytes) {
        best = chunk
        chunk = links[before(chunk)]!
      } else {
        chunk = links[after(chunk)]!
      }
    }
    return best
  }

  /** Bytes of the largest chunk; 0 where there is none. */
  get largestBytes(): number {
    const links = this.#links
    let largest = NONE
    for (let chunk = links[ROOT]!; chunk !== NONE; chunk = links[after(chunk)]!) largest = chunk
    return largest === NONE ? 0 : this.#chunks.bytes[largest]!
  }

  add(chunk: number): void {
    if (after(chunk) >= this.#links.length) this.#grow(chunk)
    const links = this.#links
    const chunkPriority = priority(chunk)
    let hole = ROOT
    let below = links[ROOT]!
    while (below !== NONE && priority(below) >= chunkPriority) {
      hole = this.#precedes(chunk, below) ? before(below) : after(below)
      below = links[hole]!
    }
    links[hole] = chunk
    // the subtree at this place is split into chunks before and after the new one
    let less = before(chunk)
    let more = after(chunk)
    while (below !== NONE) {
      if (this.#precedes(below, chunk)) {
        links[less] = below
        less = after(below)
        below = links[less]!
      } else {
        links[more] = below
        more = before(below)
        below = links[more]!
      }
    }
    links[less] = NONE
    links[more] = NONE
    this.size++
  }

  /** Removes a chunk, whose size must not have changed since it was added. */
  remove(chunk: number): void {
    const links = this.#links
    let hole = ROOT
    for (;;) {
      const at = links[hole]!
      if (at === chunk) break
      hole = this.#precedes(chunk, at) ? before(at) : after(at)
    }
    let less = links[before(chunk)]!
    let more = links[after(chunk)]!
    while (less !== NONE && more !== NONE) {
      if (priority(less) >= priority(more)) {
        links[hole] = less
        hole = after(less)
        less = links[hole]!
      } else {
        links[hole] = more
        hole = before(more)
        more = links[hole]!
      }
    }
    links[hole] = less === NONE ? more : less
    this.size--
  }

  #precedes(a: number, b: number): boolean {
    const { bytes, address } = this.#chunks
    const difference = bytes[a]! - bytes[b]!
    return difference < 0 || (difference === 0 && address[a]! < address[b]!)
  }

  #grow(chunk: number): void {
    const links = new Int32Array(2 ** Math.ceil(Math.log2(after(chunk) + 1))).fill(NONE)
    links.set(this.#links)
    this.#links = links
  }
}

/** The finaliser of MurmurHash3 (Appleby 2011). */
function priority(chunk: number): number {
  let x = Math.imul(chunk + 1, 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

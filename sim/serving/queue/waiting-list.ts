import { grown } from '../../kernel/index.ts'

const NONE = -1

/**
 * Requests in the order in which they came: a list through their slots, so that any of them may
 * leave at once. A slot stands in it at most once.
 */
export class WaitingList {
  length = 0
  /** the request that came first; -1 for none */
  oldest = NONE
  /** the request that came last; -1 for none */
  newest = NONE
  #after = new Int32Array(16)
  #before = new Int32Array(16)

  push(request: number): void {
    if (request >= this.#after.length) this.#grow(request)
    this.#before[request] = this.newest
    this.#after[request] = NONE
    if (this.newest === NONE) this.oldest = request
    else this.#after[this.newest] = request
    this.newest = request
    this.length++
  }

  /** Takes out a request that is in the list. */
  remove(request: number): void {
    const before = this.#before[request]!
    const after = this.#after[request]!
    if (before === NONE) this.oldest = after
    else this.#after[before] = after
    if (after === NONE) this.newest = before
    else this.#before[after] = before
    this.length--
  }

  #grow(slot: number): void {
    const size = 2 ** Math.ceil(Math.log2(slot + 1))
    this.#after = grown(this.#after, size)
    this.#before = grown(this.#before, size)
  }
}

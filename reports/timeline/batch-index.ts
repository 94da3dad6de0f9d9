import type { RowColumns } from '../../sim/stats/index.ts'

const NONE = -1

/** The requests of each batch of a run, by the number of the batch; in 8 bytes a request. */
export class BatchIndex {
  readonly #batch: Int32Array
  readonly #first: Int32Array
  readonly #next: Int32Array

  constructor({ batch }: RowColumns) {
    this.#batch = batch
    const count = batch.length
    this.#first = new Int32Array(count).fill(NONE)
    this.#next = new Int32Array(count)
    for (let key = count - 1; key >= 0; key--) {
      const number = batch[key]!
      if (number < 0) continue
      if (number >= count) throw new RangeError(`Expected at most ${count} batches, got ${number}`)
      this.#next[key] = this.#first[number]!
      this.#first[number] = key
    }
  }

  /** The first member of each batch, in order of completion. */
  *firsts(): Generator<number> {
    for (const key of this.#first) {
      if (key !== NONE) yield key
    }
  }

  /** Whether a request is the first of its batch. */
  isFirst(key: number): boolean {
    return this.#first[this.#batch[key]!] === key
  }

  /** The members of the batch that a key is the first of, rising. */
  *members(first: number): Generator<number> {
    for (let key = first; key !== NONE; key = this.#next[key]!) yield key
  }
}

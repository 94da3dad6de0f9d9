import { grown } from './typed-arrays.ts'

/**
 * The least key first; of equal keys, the one that was pushed first. A binary heap of small whole
 * numbers with an index of their places, so that any of them can be removed.
 */
export class KeyedHeap {
  #heap = new Int32Array(16)
  /** by item */
  #place = new Int32Array(16)
  #key = new Float64Array(16)
  #pushed = new Float64Array(16)
  #length = 0
  #count = 0
  readonly #keyOf: (item: number) => number

  /** `keyOf` is called once for each item, when it is pushed. */
  constructor(keyOf: (item: number) => number) {
    this.#keyOf = keyOf
  }

  get size(): number {
    return this.#length
  }

  next(): number {
    return this.#length > 0 ? this.#heap[0]! : -1
  }

  has(item: number): boolean {
    const place = this.#place[item] ?? 0
    return place < this.#length && this.#heap[place] === item
  }

  take(): number {
    const item = this.#heap[0]!
    this.remove(item)
    return item
  }

  push(item: number): void {
    this.#makeRoom(item)
    this.#key[item] = this.#keyOf(item)
    this.#pushed[item] = this.#count++
    this.#rise(this.#length++, item)
  }

  remove(item: number): void {
    const place = this.#place[item]!
    const last = this.#heap[--this.#length]!
    if (last === item) return
    if (place > 0 && this.#precedes(last, this.#heap[(place - 1) >> 1]!)) this.#rise(place, last)
    else this.#sink(place, last)
  }

  #precedes(a: number, b: number): boolean {
    const first = this.#key[a]!
    const second = this.#key[b]!
    return first < second || (first === second && this.#pushed[a]! < this.#pushed[b]!)
  }

  #rise(from: number, item: number): void {
    let position = from
    while (position > 0) {
      const parent = (position - 1) >> 1
      if (!this.#precedes(item, this.#heap[parent]!)) break
      this.#put(position, this.#heap[parent]!)
      position = parent
    }
    this.#put(position, item)
  }

  #sink(from: number, item: number): void {
    let position = from
    for (;;) {
      let child = 2 * position + 1
      if (child >= this.#length) break
      if (child + 1 < this.#length && this.#precedes(this.#heap[child + 1]!, this.#heap[child]!)) {
        child++
      }
      if (!this.#precedes(this.#heap[child]!, item)) break
      this.#put(position, this.#heap[child]!)
      position = child
    }
    this.#put(position, item)
  }

  #put(place: number, item: number): void {
    this.#heap[place] = item
    this.#place[item] = place
  }

  #makeRoom(item: number): void {
    if (this.#length === this.#heap.length) this.#heap = grown(this.#heap, 2 * this.#length)
    if (item < this.#key.length) return
    this.#place = grown(this.#place, 2 * item)
    this.#key = grown(this.#key, 2 * item)
    this.#pushed = grown(this.#pushed, 2 * item)
  }
}

import type { QueueOrder } from './queue-order.ts'

/**
 * The least key first, of equal keys the request that came first: a binary heap that knows where
 * each request stands, so that any may leave.
 */
export class KeyedOrder implements QueueOrder {
  #heap = new Int32Array(16)
  /** by slot */
  #place = new Int32Array(16)
  #key = new Float64Array(16)
  #came = new Float64Array(16)
  #length = 0
  #count = 0
  readonly #keyOf: (request: number) => number

  /** `keyOf` is asked once for each request, when it comes. */
  constructor(keyOf: (request: number) => number) {
    this.#keyOf = keyOf
  }

  next(): number {
    return this.#length > 0 ? this.#heap[0]! : -1
  }

  take(): number {
    const request = this.#heap[0]!
    this.remove(request)
    return request
  }

  push(request: number): void {
    this.#makeRoom(request)
    this.#key[request] = this.#keyOf(request)
    this.#came[request] = this.#count++
    this.#rise(this.#length++, request)
  }

  remove(request: number): void {
    const place = this.#place[request]!
    const last = this.#heap[--this.#length]!
    if (last === request) return
    if (place > 0 && this.#precedes(last, this.#heap[(place - 1) >> 1]!)) this.#rise(place, last)
    else this.#sink(place, last)
  }

  #precedes(a: number, b: number): boolean {
    const [first, second] = [this.#key[a]!, this.#key[b]!]
    return first < second || (first === second && this.#came[a]! < this.#came[b]!)
  }

  #rise(from: number, request: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#precedes(request, this.#heap[parent]!)) break
      this.#put(at, this.#heap[parent]!)
      at = parent
    }
    this.#put(at, request)
  }

  #sink(from: number, request: number): void {
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#length) break
      if (child + 1 < this.#length && this.#precedes(this.#heap[child + 1]!, this.#heap[child]!)) {
        child++
      }
      if (!this.#precedes(this.#heap[child]!, request)) break
      this.#put(at, this.#heap[child]!)
      at = child
    }
    this.#put(at, request)
  }

  #put(place: number, request: number): void {
    this.#heap[place] = request
    this.#place[request] = place
  }

  #makeRoom(request: number): void {
    if (this.#length === this.#heap.length) this.#heap = doubled(this.#heap, Int32Array)
    while (request >= this.#key.length) {
      this.#place = doubled(this.#place, Int32Array)
      this.#key = doubled(this.#key, Float64Array)
      this.#came = doubled(this.#came, Float64Array)
    }
  }
}

function doubled<T extends Int32Array | Float64Array>(from: T, kind: new (size: number) => T): T {
  const to = new kind(2 * from.length)
  to.set(from)
  return to
}

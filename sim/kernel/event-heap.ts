import { grown } from './typed-arrays.ts'

const SEQUENCES = 2 ** 44

/**
 * Pending events on typed arrays: a binary heap in the total order (time, kind, sequence).
 *
 * Kinds are integers below 512, numbered in their tie order. Of two events at one instant the lower
 * kind is first; within a kind, the one that was pushed first. `pop` sets `time`, `kind`, `slot`
 * and `sequence` and returns no object, so nothing is allocated per event.
 */
export class EventHeap {
  /** time of the last popped event */
  time = 0
  kind = 0
  slot = 0
  sequence = 0
  size = 0

  #times: Float64Array
  /** kind * 2^44 + sequence: one comparison decides a tie, exactly below 2^53 */
  #orders: Float64Array
  #slots: Int32Array
  #sequence = 0

  constructor(capacity = 64) {
    this.#times = new Float64Array(capacity)
    this.#orders = new Float64Array(capacity)
    this.#slots = new Int32Array(capacity)
  }

  /** Time of the earliest event; Infinity for an empty heap. */
  peek(): number {
    return this.size > 0 ? this.#times[0]! : Number.POSITIVE_INFINITY
  }

  /** Whether the earliest event comes before one of a kind at a time. */
  precedes(time: number, kind: number): boolean {
    if (this.size === 0) return false
    const first = this.#times[0]!
    return first < time || (first === time && this.#orders[0]! < kind * SEQUENCES)
  }

  /** Adds an event. Returns its sequence number, which identifies it. */
  push(time: number, kind: number, slot: number): number {
    if (this.size === this.#times.length) this.#grow()
    const sequence = this.#sequence++
    const order = kind * SEQUENCES + sequence
    const times = this.#times
    const orders = this.#orders
    const slots = this.#slots
    let hole = this.size++
    while (hole > 0) {
      const parent = (hole - 1) >> 1
      const parentTime = times[parent]!
      if (parentTime < time || (parentTime === time && orders[parent]! < order)) break
      times[hole] = parentTime
      orders[hole] = orders[parent]!
      slots[hole] = slots[parent]!
      hole = parent
    }
    times[hole] = time
    orders[hole] = order
    slots[hole] = slot
    return sequence
  }

  /**
   * Removes the earliest event and sets `time`, `kind`, `slot` and `sequence`; false for an empty
   * heap.
   */
  pop(): boolean {
    if (this.size === 0) return false
    const times = this.#times
    const orders = this.#orders
    const slots = this.#slots
    this.time = times[0]!
    const first = orders[0]!
    this.kind = Math.floor(first / SEQUENCES)
    this.sequence = first - this.kind * SEQUENCES
    this.slot = slots[0]!
    const size = --this.size
    if (size === 0) return true
    const time = times[size]!
    const order = orders[size]!
    const slot = slots[size]!
    let hole = 0
    for (;;) {
      let child = 2 * hole + 1
      if (child >= size) break
      let childTime = times[child]!
      const right = child + 1
      if (right < size) {
        const rightTime = times[right]!
        if (rightTime < childTime || (rightTime === childTime && orders[right]! < orders[child]!)) {
          child = right
          childTime = rightTime
        }
      }
      if (time < childTime || (time === childTime && order < orders[child]!)) break
      times[hole] = childTime
      orders[hole] = orders[child]!
      slots[hole] = slots[child]!
      hole = child
    }
    times[hole] = time
    orders[hole] = order
    slots[hole] = slot
    return true
  }

  #grow(): void {
    const capacity = this.#times.length * 2
    this.#times = grown(this.#times, capacity)
    this.#orders = grown(this.#orders, capacity)
    this.#slots = grown(this.#slots, capacity)
  }
}

/** Pending events of the bare heap; it never grows, so it must be large enough. */
export interface BareHeap {
  readonly times: Float64Array
  readonly kinds: Int32Array
  size: number
}

export function bareHeap(capacity: number): BareHeap {
  return { times: new Float64Array(capacity), kinds: new Int32Array(capacity), size: 0 }
}

/**
 * The minimal work of a binary heap of events on typed arrays: time and kind only, without order
 * among equal times, sequence numbers or growth. The yardstick of the kernel's heap.
 */
export function barePush(heap: BareHeap, time: number, kind: number): void {
  const { times, kinds } = heap
  let hole = heap.size++
  while (hole > 0) {
    const parent = (hole - 1) >> 1
    if (times[parent]! <= time) break
    times[hole] = times[parent]!
    kinds[hole] = kinds[parent]!
    hole = parent
  }
  times[hole] = time
  kinds[hole] = kind
}

/** Removes the earliest event, which the caller has read at index 0. */
export function barePop(heap: BareHeap): void {
  const { times, kinds } = heap
  const size = --heap.size
  if (size === 0) return
  const time = times[size]!
  const kind = kinds[size]!
  let hole = 0
  for (;;) {
    let child = 2 * hole + 1
    if (child >= size) break
    if (child + 1 < size && times[child + 1]! < times[child]!) child++
    if (time <= times[child]!) break
    times[hole] = times[child]!
    kinds[hole] = kinds[child]!
    hole = child
  }
  times[hole] = time
  kinds[hole] = kind
}

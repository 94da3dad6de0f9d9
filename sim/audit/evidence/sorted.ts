/** Index of the first of rising values that is at least `at`. */
export function firstAtLeast(sorted: Float64Array, at: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! >= at) high = middle
    else low = middle + 1
  }
  return low
}

/** Index of the first of rising values that is above `at`. */
export function firstAbove(sorted: Float64Array, at: number): number {
  let first = firstAtLeast(sorted, at)
  while (sorted[first]! === at) first++
  return first
}

import type { Ms } from '../serving/ports.ts'

/** Intervals of time in which nothing went on, disjoint and rising. */
export interface Intervals {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** Sorts intervals and joins those that overlap. */
export function joinIntervals(parts: readonly (readonly [from: Ms, to: Ms])[]): Intervals {
  const from: number[] = []
  const to: number[] = []
  for (const [start, end] of [...parts].sort((a, b) => a[0] - b[0])) {
    const last = to.length - 1
    if (last >= 0 && start <= to[last]!) to[last] = Math.max(to[last]!, end)
    else {
      from.push(start)
      to.push(end)
    }
  }
  return { from, to }
}

/** When the dispatcher's thread did not run: what falls due meanwhile waits for its return. */
export class Standstills {
  readonly #from: Float64Array
  readonly #to: Float64Array

  constructor(intervals: Intervals) {
    this.#from = Float64Array.from(intervals.from)
    this.#to = Float64Array.from(intervals.to)
  }

  /** `at` itself, or the end of the standstill in which it lies. */
  release(at: Ms): Ms {
    let low = 0
    let high = this.#from.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#from[middle]! <= at) low = middle + 1
      else high = middle
    }
    return low > 0 && at < this.#to[low - 1]! ? this.#to[low - 1]! : at
  }
}

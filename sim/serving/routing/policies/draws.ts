import type { RouterView } from '../routing-policy.ts'

/**
 * Draws different candidates, none of them taken, each with the same probability. Draw number j is
 * the floor(u n)-th of the n that are left, in rising order; u depends on the request and j.
 */
export class Draws {
  readonly drawn: Int32Array
  readonly #left: Int32Array

  constructor(most: number, candidates: number) {
    this.drawn = new Int32Array(Math.min(most, candidates))
    this.#left = new Int32Array(candidates)
  }

  /** Returns how many were drawn: fewer where fewer are not taken. */
  draw(view: RouterView): number {
    const left = this.#left
    let n = 0
    for (let i = 0; i < view.candidates.length; i++) if (view.taken[i] === 0) left[n++] = i
    const count = Math.min(this.drawn.length, n)
    for (let j = 0; j < count; j++, n--) {
      const at = Math.floor(view.uniform(j) * n)
      this.drawn[j] = left[at]!
      left.copyWithin(at, at + 1, n)
    }
    return count
  }
}

/** The drawn candidate with the least value; of equals the one that was drawn first. */
export function leastDrawn(
  draws: Draws,
  view: RouterView,
  measure: (candidate: number) => number,
): number {
  const count = draws.draw(view)
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let j = 0; j < count; j++) {
    const candidate = draws.drawn[j]!
    const value = measure(candidate)
    if (best < 0 || value < least) {
      best = candidate
      least = value
    }
  }
  return best
}

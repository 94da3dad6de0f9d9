import type { RouterView } from '../routing-policy.ts'

/**
 * Draws different candidates, none of them taken, each with the same probability. Draw number j is
 * the floor(u n)-th of the n that are left, in rising order; u depends on the request and j.
 */
export class CandidateDraws {
  readonly drawn: Int32Array
  /** the drawn and the taken candidates, rising */
  readonly #out: Int32Array

  constructor(most: number, candidates: number) {
    this.drawn = new Int32Array(Math.min(most, candidates))
    this.#out = new Int32Array(candidates)
  }

  /** Returns how many were drawn: fewer where fewer are not taken. */
  draw(view: RouterView): number {
    const out = this.#out
    let gone = 0
    for (let i = 0; view.anyTaken && i < view.taken.length; i++) {
      if (view.taken[i] !== 0) out[gone++] = i
    }
    const count = Math.min(this.drawn.length, view.taken.length - gone)
    for (let j = 0; j < count; j++, gone++) {
      let candidate = Math.floor(view.uniform(j) * (view.taken.length - gone))
      let place = 0
      while (place < gone && out[place]! <= candidate) {
        candidate++
        place++
      }
      out.copyWithin(place + 1, place, gone)
      out[place] = candidate
      this.drawn[j] = candidate
    }
    return count
  }
}

/** The drawn candidate with the least value; of equals the one that was drawn first. */
export function leastDrawn(
  draws: CandidateDraws,
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

/** A change of a candidate by a factor. */
export type Move<T> = (candidate: T, factor: number) => T

/** A candidate and its misfit. */
export interface Found<T> {
  readonly best: T
  readonly misfit: number
}

export interface PatternOptions<T> {
  readonly moves: readonly Move<T>[]
  /** from coarse to fine */
  readonly factors: readonly number[]
  /** relative improvement of the misfit by a round that is too small to go on; by default 0 */
  readonly tolerance?: number
}

/**
 * Minimises a misfit by a pattern search (Hooke and Jeeves 1961): tries every move by a factor and
 * its inverse, keeps what improves, and goes on to the next, finer factor when no move does.
 */
export function patternSearch<T>(
  start: T,
  misfit: (candidate: T) => number,
  options: PatternOptions<T>,
): Found<T> {
  const { moves, factors, tolerance = 0 } = options
  let found: Found<T> = { best: start, misfit: misfit(start) }
  for (const factor of factors) {
    for (let moved = true; moved; ) {
      const before = found.misfit
      for (const by of [factor, 1 / factor]) {
        for (const move of moves) {
          const best = move(found.best, by)
          const next = misfit(best)
          if (next < found.misfit) found = { best, misfit: next }
        }
      }
      moved = found.misfit < before * (1 - tolerance)
    }
  }
  return found
}

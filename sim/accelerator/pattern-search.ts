/** A change of a candidate by a factor. */
export type Move<T> = (candidate: T, factor: number) => T

/** A candidate and its misfit. */
export interface SearchResult<T> {
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
): SearchResult<T> {
  const { moves, factors, tolerance = 0 } = options
  let result: SearchResult<T> = { best: start, misfit: misfit(start) }
  for (const factor of factors) {
    for (let moved = true; moved; ) {
      const before = result.misfit
      for (const by of [factor, 1 / factor]) {
        for (const move of moves) {
          const best = move(result.best, by)
          const next = misfit(best)
          if (next < result.misfit) result = { best, misfit: next }
        }
      }
      moved = result.misfit < before * (1 - tolerance)
    }
  }
  return result
}

/** Work on a card, from one time to another, ms. */
export interface CardUse {
  readonly from: number
  readonly to: number
}

/**
 * The time that each use of a time-sliced card would have taken alone: at every instant, each of n
 * uses has 1/n of the card, less what switching takes from two on.
 */
export function aloneTimes(uses: readonly CardUse[], switchShare: number): Float64Array {
  const alone = new Float64Array(uses.length)
  const edges = [...new Set(uses.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b)
  const byStart = [...uses.keys()].sort((a, b) => uses[a]!.from - uses[b]!.from)
  const active = new Set<number>()
  let next = 0
  for (const [i, at] of edges.entries()) {
    for (const use of active) if (uses[use]!.to <= at) active.delete(use)
    while (next < byStart.length && uses[byStart[next]!]!.from <= at) {
      const use = byStart[next++]!
      if (uses[use]!.to > at) active.add(use)
    }
    const until = edges[i + 1]
    if (until === undefined) break
    const share = active.size > 1 ? (1 - switchShare) / active.size : 1
    for (const use of active) alone[use]! += (until - at) * share
  }
  return alone
}

/** Edges of the first simplex and of each restart, in logarithms, unless others are given. */
const EDGES = [0.4, 0.2, 0.1, 0.4, 0.2]
/** Evaluations from each start. */
const EVALUATIONS = 150

interface Corner {
  readonly at: readonly number[]
  readonly of: number
}

/**
 * Positive parameters with a small `misfit`, from a start: the simplex search of Nelder and Mead
 * 1965 over the logarithms of the parameters, restarted at its best corner. It needs no slopes,
 * which decisions of a scheduler make rough.
 */
export function simplexSearch(
  start: readonly number[],
  misfit: (parameters: readonly number[]) => number,
  edges: readonly number[] = EDGES,
): readonly number[] {
  const corner = (at: readonly number[]): Corner => ({ at, of: misfit(at.map(Math.exp)) })
  let best = corner(start.map(Math.log))
  for (const edge of edges) best = searched(best, edge, corner)
  return best.at.map(Math.exp)
}

function searched(start: Corner, edge: number, corner: (at: readonly number[]) => Corner): Corner {
  const size = start.at.length
  const moved = (i: number) => start.at.map((value, j) => (i === j ? value + edge : value))
  let corners = [start, ...start.at.map((_, i) => corner(moved(i)))]
  for (let evaluations = size; evaluations < EVALUATIONS; ) {
    corners.sort((a, b) => a.of - b.of)
    const worst = corners.at(-1)!
    const rest = corners.slice(0, -1)
    const centre = start.at.map((_, j) => rest.reduce((sum, { at }) => sum + at[j]!, 0) / size)
    /** The corner on the line from the worst one through the centre of the others. */
    const along = (factor: number) => {
      evaluations++
      return corner(centre.map((value, j) => value + factor * (value - worst.at[j]!)))
    }
    const reflected = along(1)
    let next = reflected
    if (reflected.of < corners[0]!.of) {
      const expanded = along(2)
      if (expanded.of < reflected.of) next = expanded
    } else if (reflected.of >= rest.at(-1)!.of) {
      next = along(reflected.of < worst.of ? 0.5 : -0.5)
    }
    if (next.of < worst.of) {
      corners = [...rest, next]
      continue
    }
    const [first] = corners as [Corner, ...Corner[]]
    const shrunk = ({ at }: Corner) => corner(at.map((value, j) => (value + first.at[j]!) / 2))
    corners = [first, ...corners.slice(1).map(shrunk)]
    evaluations += size
  }
  return corners.reduce((a, b) => (b.of < a.of ? b : a))
}

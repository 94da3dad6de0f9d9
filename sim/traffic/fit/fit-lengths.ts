/** [probability, length] pairs of a `quantiles` distribution. */
export type QuantileKnots = [probability: number, length: number][]

/** Knots suffice at this mean error of a length, relative to the mean length. */
const CLOSE_ENOUGH = 0.003
const MOST_KNOTS = 40
/** Percentiles in reports are always knots. */
const GIVEN = [0.5, 0.9, 0.95, 0.99, 0.999] as const
/** Decimal places of a probability, and digits of a length. */
const DIGITS = 6

/**
 * The quantile function of lengths as few straight pieces. The piece with the largest area between
 * it and the lengths is split at its largest distance (Douglas and Peucker 1973), until the whole
 * area, which is the Wasserstein distance of both distributions, is 0.3 % of the mean.
 */
export function fitQuantiles(lengths: ArrayLike<number>): QuantileKnots {
  // a scenario has no lengths below 1
  const sorted = Float64Array.from(lengths, (length) => Math.max(1, length)).sort()
  const last = sorted.length - 1
  if (last === 0 || sorted[0] === sorted[last]) {
    return [
      [0, sorted[0]!],
      [1, sorted[0]!],
    ]
  }
  const total = sorted.reduce((sum, length) => sum + length, 0)
  const knots = [...new Set([0, ...GIVEN.map((p) => Math.round(p * last)), last])]
  const pieces = knots.slice(1).map((to, i) => pieceOf(sorted, knots[i]!, to))
  while (pieces.length < MOST_KNOTS) {
    const area = pieces.reduce((sum, piece) => sum + piece.area, 0)
    if (area <= CLOSE_ENOUGH * total) break
    const worst = pieces.reduce((a, b) => (b.area > a.area ? b : a))
    const { from, to, furthest } = worst
    pieces.splice(
      pieces.indexOf(worst),
      1,
      pieceOf(sorted, from, furthest),
      pieceOf(sorted, furthest, to),
    )
  }
  const pairs = pieces.map(({ to }): [number, number] => [
    Number((to / last).toFixed(DIGITS)),
    Number(sorted[to]!.toPrecision(DIGITS)),
  ])
  // of knots with equal written probabilities, the last one stays
  return [[0, Number(sorted[0]!.toPrecision(DIGITS))] as [number, number], ...pairs].filter(
    ([p], i, all) => i === all.length - 1 || p < all[i + 1]![0],
  )
}

interface Piece {
  readonly from: number
  readonly to: number
  /** sum of distances between the lengths and the straight line */
  readonly area: number
  readonly furthest: number
}

function pieceOf(sorted: Float64Array, from: number, to: number): Piece {
  const slope = (sorted[to]! - sorted[from]!) / (to - from)
  let area = 0
  let most = 0
  let furthest = from + 1
  for (let i = from + 1; i < to; i++) {
    const distance = Math.abs(sorted[i]! - sorted[from]! - slope * (i - from))
    area += distance
    if (distance <= most) continue
    most = distance
    furthest = i
  }
  return { from, to, area, furthest }
}

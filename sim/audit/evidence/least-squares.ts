/** A straight line through points. */
export interface Fit {
  readonly slope: number
  readonly intercept: number
}

/**
 * The least-squares line through points (x, y), by sums of products about the first point; null
 * where all x are equal.
 */
export function leastSquares(points: readonly (readonly [x: number, y: number])[]): Fit | null {
  const [x0, y0] = points[0]!
  let [sx, sy, sxx, sxy] = [0, 0, 0, 0]
  for (const [x, y] of points) {
    sx += x - x0
    sy += y - y0
    sxx += (x - x0) * (x - x0)
    sxy += (x - x0) * (y - y0)
  }
  const n = points.length
  const spread = n * sxx - sx * sx
  if (points.every(([x]) => x === x0)) return null
  const slope = (n * sxy - sx * sy) / spread
  return { slope, intercept: y0 + (sy - slope * sx) / n - slope * x0 }
}

const FIVE = 5

/**
 * How many of the first values belong to the start-up of a run, by MSER-5: means of five values in
 * a row, cut where the squared error of the mean of the rest is least (White, Cobb and Spratt
 * 2000). Null where that is at half of the run or later, or where there are fewer than ten means:
 * the run is too short to tell. `values`: one figure of successive requests, such as their mean
 * latency over replications.
 */
export function mser5(values: ArrayLike<number>): number | null {
  const m = Math.floor(values.length / FIVE)
  if (m < 2 * FIVE) return null
  const means = Float64Array.from({ length: m }, (_, j) => {
    let sum = 0
    for (let i = 0; i < FIVE; i++) sum += values[j * FIVE + i]!
    return sum / FIVE
  })
  let best = { cut: -1, error: Number.POSITIVE_INFINITY }
  // from the end: sums of the rest, around its first estimate so that no digits are lost
  const center = means[m - 1]!
  let sum = 0
  let squares = 0
  for (let cut = m - 1; cut >= 0; cut--) {
    const y = means[cut]! - center
    sum += y
    squares += y * y
    const n = m - cut
    const error = (squares - (sum * sum) / n) / (n * n)
    if (cut <= m / 2 && error <= best.error) best = { cut, error }
  }
  return best.cut >= Math.floor(m / 2) ? null : best.cut * FIVE
}

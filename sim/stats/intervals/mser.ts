const BATCH = 5

/** The end of a run's transient. */
export interface Truncation {
  /** values to drop from the start */
  readonly truncate: number
  /** the minimum is at the end of the search: the run is too short to decide */
  readonly short: boolean
}

/**
 * MSER-5: the truncation point with the smallest marginal standard error. Values are averaged in
 * fives to Y_1 .. Y_m. d* = argmin over 0 <= d <= m/2 of (m - d)^-2 sum_{j > d} (Y_j - mean of the
 * rest)^2, and 5 d* values are dropped. (White 1997, Simulation 69(6); White, Cobb and Spratt
 * 2000.) For R replications, pass the mean series over the replications.
 */
export function mser5(values: ArrayLike<number>): Truncation {
  const m = Math.floor(values.length / BATCH)
  const half = Math.floor(m / 2)
  let best = 0
  let least = Number.POSITIVE_INFINITY
  // from the end to the start; mean and sum of squares are updated as by Welford 1962
  let mean = 0
  let squares = 0
  for (let d = m - 1; d >= 0; d--) {
    let sum = 0
    for (let i = 0; i < BATCH; i++) sum += values[d * BATCH + i]!
    const y = sum / BATCH
    const n = m - d
    const delta = y - mean
    mean += delta / n
    squares += delta * (y - mean)
    const error = squares / (n * n)
    if (d <= half && error <= least) {
      least = error
      best = d
    }
  }
  return { truncate: best * BATCH, short: m < 2 || best === half }
}

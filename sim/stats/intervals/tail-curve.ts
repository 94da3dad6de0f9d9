import { lastSupported, PERCENTILES, supports } from './percentile.ts'

/** Points of the usual grid per nine: between 0.9 and 0.99, between 0.99 and 0.999, … */
const POINTS_PER_NINE = 40

/**
 * Probabilities of a tail curve over n values: 0.01, then evenly spaced in nines, -log10(1 - p), up
 * to the last probability that n supports, which is the last point. They include the usual
 * percentiles. Empty where n supports none. Grids of different n differ only at their ends.
 */
export function tailProbabilities(n: number, perNine = POINTS_PER_NINE): number[] {
  const last = lastSupported(n)
  if (!(last >= 0.01)) return []
  const grid = new Set<number>([0.01, last])
  for (const p of PERCENTILES) if (supports(n, p)) grid.add(p)
  for (let i = 1; ; i++) {
    const p = 1 - 10 ** (-i / perNine)
    if (p >= last) break
    grid.add(p)
  }
  return [...grid].sort((a, b) => a - b)
}

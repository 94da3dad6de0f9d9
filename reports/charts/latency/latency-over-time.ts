import type { Series } from '../../../sim/documents/index.ts'

/** Points of a line, of which each has the requests of some intervals. */
const MOST_POINTS = 60

/** A percentile of the latency (y, ms) of completed requests over time (x, s), by their arrival. */
export function latencyPoints({ heat, bucket_s }: Series, p: number): { x: number; y: number }[] {
  const { counts, latency_edges: edges } = heat
  const perPoint = Math.ceil(counts.length / MOST_POINTS)
  const points: { x: number; y: number }[] = []
  for (let from = 0; from < counts.length; from += perPoint) {
    const intervals = counts.slice(from, from + perPoint)
    const sums = intervals[0]!.map((_, bin) =>
      intervals.reduce((sum, interval) => sum + interval[bin]!, 0),
    )
    const y = quantile(sums, edges, p)
    if (y !== null) points.push({ x: (from + intervals.length / 2) * bucket_s, y })
  }
  return points
}

/** Requests that a percentile of an interval needs: three beyond it. */
const needed = (p: number) => 3 / (1 - p)

/** The highest of some percentiles that nine of ten points of a line support. */
export function supportedPercentile({ heat }: Series, mostPoints = MOST_POINTS): number {
  const perPoint = Math.max(1, Math.ceil(heat.counts.length / mostPoints))
  const sizes = heat.counts.map((row) => perPoint * row.reduce((sum, n) => sum + n, 0))
  const small = sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 10)] ?? 0
  return [0.99, 0.95, 0.9].find((p) => small >= needed(p)) ?? 0.5
}

/** Interpolated on the log scale of the bins; null where there are no requests. */
function quantile(counts: readonly number[], edges: readonly number[], p: number): number | null {
  const rank = p * counts.reduce((sum, n) => sum + n, 0)
  let below = 0
  for (const [bin, n] of counts.entries()) {
    if (n > 0 && below + n >= rank) {
      const [low, high] = [edges[bin]!, edges[bin + 1]!]
      return low * (high / low) ** ((rank - below) / n)
    }
    below += n
  }
  return null
}

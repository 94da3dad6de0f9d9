/**
 * The quantile `p` of the latencies in one interval of a heat map, ms: the upper edge of its bin.
 * `bucket` has the number of requests in each bin. Null for an empty interval.
 */
export function heatQuantile(
  bucket: readonly number[],
  edges: readonly number[],
  p: number,
): number | null {
  const total = bucket.reduce((sum, n) => sum + n, 0)
  if (total === 0) return null
  let below = 0
  const bin = bucket.findIndex((n) => (below += n) >= p * total)
  return edges[bin + 1] ?? null
}

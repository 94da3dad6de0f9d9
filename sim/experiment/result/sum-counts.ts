/** Sums of the counts of several runs, key by key; needs at least one run. */
export function sumCounts<K extends string>(
  counts: readonly Readonly<Record<K, number>>[],
): Record<K, number> {
  const sum: Record<K, number> = { ...counts[0]! }
  for (const further of counts.slice(1)) {
    for (const key of Object.keys(sum) as K[]) sum[key] += further[key]
  }
  return sum
}

/** A value and its weight. */
export type Weighted = readonly [value: number, weight: number]

/** The least value that, with those below it, has half of the weight; undefined without values. */
export function weightedMedian(values: readonly Weighted[]): number | undefined {
  const sorted = [...values].sort(([a], [b]) => a - b)
  const half = sorted.reduce((sum, [, weight]) => sum + weight, 0) / 2
  let sum = 0
  for (const [value, weight] of sorted) {
    sum += weight
    if (sum >= half) return value
  }
  return undefined
}

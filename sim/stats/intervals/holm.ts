/**
 * P-values of several tests, adjusted so that the chance of any false rejection is that of one test
 * (Holm 1979): reject each whose adjusted value is at most the level. In the given order.
 */
export function holmAdjusted(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => values[a]! - values[b]!)
  const adjusted: number[] = []
  let before = 0
  for (const [rank, i] of order.entries()) {
    before = Math.max(before, Math.min(1, (values.length - rank) * values[i]!))
    adjusted[i] = before
  }
  return adjusted
}

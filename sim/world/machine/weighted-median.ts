/** A value and its weight. */
export type Weighted = readonly [value: number, weight: number]

/** The least value that, with those below it, has half of the weight; undefined without values. */
export function weightedMedian(values: readonly Weighted[]): number | undefined {
  const sorted = [...values].sort(([a], [b]) => a - b)
  return sorted[weightedMiddle(sorted.length, (place) => sorted[place]![1])]?.[0]
}

/** Of rising values: the place of the first that, with those before it, has half of the weight. */
export function weightedMiddle(count: number, weightOf: (place: number) => number): number {
  let half = 0
  for (let place = 0; place < count; place++) half += weightOf(place)
  half /= 2
  let sum = 0
  for (let place = 0; place < count; place++) {
    sum += weightOf(place)
    if (sum >= half) return place
  }
  return -1
}

import type { Ms } from '../../sim/serving/index.ts'

/** Batch sizes and padded lengths; every size is run at every length. */
export interface ShapeGrid {
  readonly sizes: readonly number[]
  readonly lengths: readonly number[]
}

/** Time that a batch of a shape takes, ms. */
export type ShapeCost = (size: number, length: number) => Ms

export interface Shape {
  readonly size: number
  readonly length: number
}

/** Costs of all shapes from those of the smallest and the largest: linear in the tokens. */
export function costByTokens(
  [smallest, largest]: readonly [Shape, Shape],
  { smallestMs, largestMs }: { readonly smallestMs: Ms; readonly largestMs: Ms },
): ShapeCost {
  const [least, most] = [smallest.size * smallest.length, largest.size * largest.length]
  const slope = most === least ? 0 : Math.max(0, largestMs - smallestMs) / (most - least)
  return (size, length) => smallestMs + slope * (size * length - least)
}

/** Time for one batch of each shape, ms. */
export function passMs({ sizes, lengths }: ShapeGrid, cost: ShapeCost): Ms {
  let sum = 0
  for (const size of sizes) for (const length of lengths) sum += cost(size, length)
  return sum
}

/**
 * The finest grid whose pass takes at most `budgetMs`: the one with the most fields between its
 * shapes. It always has the smallest and the largest size and length, whatever they take, so that
 * nothing is extrapolated.
 */
export function planShapes(all: ShapeGrid, cost: ShapeCost, budgetMs: Ms): ShapeGrid {
  if (passMs(all, cost) <= budgetMs) return all
  let best = { sizes: thinned(all.sizes, 2), lengths: thinned(all.lengths, 2) }
  for (let m = 2; m <= Math.max(2, all.lengths.length); m++) {
    const lengths = thinned(all.lengths, m)
    for (let n = 2; n <= Math.max(2, all.sizes.length); n++) {
      const grid = { sizes: thinned(all.sizes, n), lengths }
      if (fields(grid) > fields(best) && passMs(grid, cost) <= budgetMs) best = grid
    }
  }
  return best
}

function fields({ sizes, lengths }: ShapeGrid): number {
  return Math.max(1, sizes.length - 1) * Math.max(1, lengths.length - 1)
}

/** At most `count` of the values, evenly spread over the list, with its first and its last. */
function thinned(values: readonly number[], count: number): readonly number[] {
  if (values.length <= count) return values
  return Array.from({ length: count }, (_, i) => {
    return values[Math.round((i * (values.length - 1)) / (count - 1))]!
  })
}

/** Shapes in words, such as "batches of 1, 8 at lengths 16, 128". */
export function shapesText({ sizes, lengths }: ShapeGrid): string {
  const at = lengths.length > 1 ? ` at lengths ${lengths.join(', ')}` : ''
  return `batches of ${sizes.join(', ')}${at}`
}

/** A warning that a calibration measures these shapes only, and how many seconds all would take. */
export function fewerShapesText(label: string, grid: ShapeGrid, seconds: number): string {
  const only = `only ${shapesText(grid)} are measured, others are interpolated`
  return `${label}: too slow for its time: ${only}; all shapes take about --seconds ${Math.ceil(seconds)}`
}

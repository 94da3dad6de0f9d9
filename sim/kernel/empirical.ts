import type { Random } from './random.ts'

/** Quantiles of a measured sample at probabilities 0, 1/(k-1), …, 1, as profiles store them. */
export type QuantileTable = readonly number[]

/** Draws from a measured sample by inversion. The sample is kept as evenly spaced quantiles. */
export class Empirical {
  readonly #quantiles: Float64Array

  constructor(quantiles: QuantileTable) {
    if (quantiles.length === 0) throw new Error('Expected `quantiles` to hold a value')
    this.#quantiles = Float64Array.from(quantiles)
  }

  /** The quantile table of a sample; the sorted sample itself if it is no longer than `size`. */
  static table(sample: ArrayLike<number>, size = 512): number[] {
    const sorted = Float64Array.from(sample).sort()
    if (sorted.length <= size) return Array.from(sorted)
    return Array.from({ length: size }, (_, i) => interpolate(sorted, i / (size - 1)))
  }

  draw(random: Random): number {
    return interpolate(this.#quantiles, random.uniform())
  }

  /** Mean of the draws: the quantile function is linear between its entries. */
  get mean(): number {
    const q = this.#quantiles
    if (q.length === 1) return q[0]!
    const sum = q.reduce((total, value) => total + value, 0)
    return (sum - (q[0]! + q[q.length - 1]!) / 2) / (q.length - 1)
  }
}

function interpolate(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below]!
  return below + 1 < sorted.length ? low + (position - below) * (sorted[below + 1]! - low) : low
}

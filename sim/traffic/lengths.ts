import type { Lengths } from '../../scenarios/schema.ts'
import type { Random } from '../kernel/random.ts'
import { normalQuantile } from '../stats/normal.ts'

/** Lengths of the requests of one class, whole numbers of at least 1. */
export interface LengthDistribution {
  draw(): number
}

/** A distribution of the scenario; `trace` has none of its own: see `TraceLengths`. */
export function lengthDistribution(
  lengths: Exclude<Lengths, { distribution: 'trace' }>,
  random: Random,
): LengthDistribution {
  switch (lengths.distribution) {
    case 'fixed':
      return { draw: () => lengths.value }
    case 'uniform':
      return { draw: () => lengths.min + random.integer(lengths.max - lengths.min + 1) }
    case 'lognormal': {
      const mu = Math.log(lengths.median)
      const sigma = Math.log(lengths.p99 / lengths.median) / normalQuantile(0.99)
      const { min, max } = lengths
      return {
        draw: () =>
          Math.min(max, Math.max(min, Math.round(Math.exp(mu + sigma * random.normal())))),
      }
    }
    case 'quantiles':
      return { draw: () => Math.max(1, Math.round(inverse(lengths.quantiles, random.uniform()))) }
  }
}

/** Piecewise linear inverse of the distribution function through [probability, length] pairs. */
function inverse(pairs: readonly (readonly [number, number])[], p: number): number {
  let i = 1
  while (i < pairs.length - 1 && pairs[i]![0] < p) i++
  const [p0, x0] = pairs[i - 1]!
  const [p1, x1] = pairs[i]!
  return x0 + ((p - p0) / (p1 - p0)) * (x1 - x0)
}

/** Recorded lengths, in the order of the requests; or at random, to describe their mix. */
export class TraceLengths implements LengthDistribution {
  readonly #lengths: Int32Array
  readonly #random: Random | null
  #next = 0

  constructor(lengths: Int32Array, random: Random | null = null) {
    this.#lengths = lengths
    this.#random = random
  }

  draw(): number {
    const i = this.#random?.integer(this.#lengths.length) ?? this.#next++
    return this.#lengths[i]!
  }
}

import type { Lengths } from '../../scenarios/schema.ts'
import type { Random } from '../kernel/index.ts'
import { normalQuantile } from '../stats/index.ts'

/** The longest length that the scenario format allows; whole numbers up to it fit 32 bits. */
const MAX_LENGTH = 1e9

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
    case 'geometric': {
      const failure = Math.log1p(-1 / lengths.mean)
      return { draw: () => whole(0.5 + Math.floor(random.exponential() / -failure), 1, MAX_LENGTH) }
    }
    case 'lognormal': {
      const mu = Math.log(lengths.median)
      const sigma = Math.log(lengths.p99 / lengths.median) / normalQuantile(0.99)
      const { min, max } = lengths
      return { draw: () => whole(Math.exp(mu + sigma * random.normal()), min, max) }
    }
    case 'quantiles': {
      const probabilities = Float64Array.from(lengths.quantiles, ([p]) => p)
      const values = Float64Array.from(lengths.quantiles, ([, value]) => value)
      return {
        draw: () => whole(inverse(probabilities, values, random.uniform()), 1, MAX_LENGTH),
      }
    }
  }
}

/** Rounded and clamped; `| 0` makes it an integer for the engine too, which is not allocated. */
function whole(length: number, min: number, max: number): number {
  if (length >= max) return max
  return length <= min ? min : (length + 0.5) | 0
}

/** Piecewise linear inverse of the distribution function through (probability, value) points. */
function inverse(probabilities: Float64Array, values: Float64Array, p: number): number {
  let i = 1
  while (i < values.length - 1 && probabilities[i]! < p) i++
  const below = probabilities[i - 1]!
  const share = (p - below) / (probabilities[i]! - below)
  return values[i - 1]! + share * (values[i]! - values[i - 1]!)
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

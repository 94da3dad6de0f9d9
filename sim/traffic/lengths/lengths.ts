import type { Lengths } from '../../../scenarios/schema/schema.ts'
import { exp, log, log1p, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { normalQuantile } from '../../stats/index.ts'

/** The longest length that the scenario format allows; it fits 32 bits. */
const MAX_LENGTH = 1e9

/** Lengths of the requests of one class, whole numbers of at least 1. */
export interface LengthDistribution {
  /** `at`: arrival of the request, for lengths that follow a schedule. */
  draw(at?: Ms): number
}

/** Input and output lengths of the same requests. Draw the input first, then its output. */
export interface LengthPair {
  readonly lengths: LengthDistribution
  readonly outputs: LengthDistribution
}

/** Lengths that are drawn; `trace` lengths are recorded. */
export type DrawnLengths = Exclude<Lengths, { distribution: 'trace' }>

/** A distribution of the scenario. */
export function lengthDistribution(lengths: DrawnLengths, random: Random): LengthDistribution {
  if (lengths.distribution === 'lognormal') {
    const length = lognormalOf(lengths)
    return { draw: () => length(random.normal()) }
  }
  const quantile = lengthQuantile(lengths)
  return { draw: () => quantile(random.uniform()) }
}

/** The quantile function of a distribution: the length at a probability in [0, 1). */
export function lengthQuantile(lengths: DrawnLengths): (p: number) => number {
  switch (lengths.distribution) {
    case 'fixed':
      return () => lengths.value
    case 'uniform':
      return (p) => lengths.min + Math.floor(p * (lengths.max - lengths.min + 1))
    case 'lognormal': {
      const length = lognormalOf(lengths)
      return (p) => length(normalQuantile(p))
    }
    case 'quantiles': {
      const probabilities = Float64Array.from(lengths.quantiles, ([p]) => p)
      const values = Float64Array.from(lengths.quantiles, ([, value]) => value)
      return (p) => whole(inverse(probabilities, values, p), 1, MAX_LENGTH)
    }
    case 'geometric': {
      const failure = -log1p(-1 / lengths.mean)
      return (p) => whole(0.5 + Math.floor(-log(1 - p) / failure), 1, MAX_LENGTH)
    }
  }
}

/** The length for a standard normal value. */
function lognormalOf(lengths: Extract<Lengths, { distribution: 'lognormal' }>) {
  const mu = log(lengths.median)
  const sigma = log(lengths.p99 / lengths.median) / normalQuantile(0.99)
  return (z: number) => whole(exp(mu + sigma * z), lengths.min, lengths.max)
}

/** Rounded and clamped; `| 0` keeps it a small integer, which the engine does not allocate. */
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

/** Random draws of recorded lengths, to estimate their mix. */
export function lengthMix(recorded: Int32Array, random: Random): LengthDistribution {
  return { draw: () => recorded[random.integer(recorded.length)]! }
}

/** The same of recorded prompts and answers, those of a row together: draw the prompt first. */
export function pairMix(prompts: Int32Array, answers: Int32Array, random: Random): LengthPair {
  let row = 0
  return {
    lengths: {
      draw: () => {
        row = random.integer(prompts.length)
        return prompts[row]!
      },
    },
    outputs: { draw: () => answers[row]! },
  }
}

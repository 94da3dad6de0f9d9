import type { Random } from '../kernel/index.ts'
import { normalDistribution } from '../stats/index.ts'
import { type DrawnLengths, type LengthDistribution, lengthQuantile } from './lengths.ts'

/** Input and output lengths of the same requests: draw the input first, then its output. */
export interface LengthPair {
  readonly lengths: LengthDistribution
  readonly outputs: LengthDistribution
}

/**
 * Input and output lengths with a rank correlation, by a Gaussian copula: two normal values with
 * the correlation 2 sin(pi r / 6), which have the rank correlation r (Pearson 1907), are turned into
 * probabilities, and those into lengths. So each has its own distribution exactly; where many
 * lengths are equal, the rank correlation comes out a little nearer to 0.
 */
export function correlatedLengths(
  input: DrawnLengths,
  output: DrawnLengths,
  rankCorrelation: number,
  random: Random,
): LengthPair {
  const [inputAt, outputAt] = [lengthQuantile(input), lengthQuantile(output)]
  const along = 2 * Math.sin((Math.PI * rankCorrelation) / 6)
  const across = Math.sqrt(1 - along * along)
  let drawn = 0
  return {
    lengths: {
      draw: () => {
        drawn = random.normal()
        return inputAt(probability(drawn))
      },
    },
    outputs: { draw: () => outputAt(probability(along * drawn + across * random.normal())) },
  }
}

/** Of a normal value; never quite 0 or 1, where some distributions have no length. */
function probability(z: number): number {
  return Math.min(1 - 2 ** -53, Math.max(2 ** -53, normalDistribution(z)))
}

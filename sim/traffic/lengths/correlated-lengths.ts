import { type Random, sin } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { normalDistribution } from '../../stats/index.ts'
import {
  type DrawnLengths,
  type LengthDistribution,
  type LengthPair,
  lengthQuantile,
} from './lengths.ts'

/** From `atMs` on, the normal scores of lengths are shifted by `shift`. */
export interface ScoreStep {
  readonly atMs: Ms
  readonly shift: number
}

/** Lengths that are correlated with others, follow a schedule, or both. */
export interface ScoredLengths {
  readonly lengths: DrawnLengths
  /** rising in time; before the first there is no shift */
  readonly steps: readonly ScoreStep[]
  readonly random: Pick<Random, 'normal'>
}

/** Lengths that follow a schedule. */
export function scheduledLengths(scored: ScoredLengths): LengthDistribution {
  const lengthOf = lengthOfScore(scored)
  return { draw: (at) => lengthOf(scored.random.normal(), at) }
}

/**
 * Input and output lengths with a rank correlation, by a Gaussian copula. Two normal scores with
 * the correlation 2 sin(pi r / 6), which have the rank correlation r (Pearson 1907), are turned
 * into probabilities, and those into lengths. Each column has exactly its own distribution. With
 * many equal lengths, the rank correlation is slightly nearer to 0.
 */
export function correlatedLengths(
  input: ScoredLengths,
  output: ScoredLengths,
  rankCorrelation: number,
): LengthPair {
  const [inputOf, outputOf] = [lengthOfScore(input), lengthOfScore(output)]
  const along = 2 * sin((Math.PI * rankCorrelation) / 6)
  const across = Math.sqrt(1 - along * along)
  let score = 0
  return {
    lengths: {
      draw: (at) => {
        score = input.random.normal()
        return inputOf(score, at)
      },
    },
    outputs: { draw: (at) => outputOf(along * score + across * output.random.normal(), at) },
  }
}

/** The length for a normal score at a time. */
function lengthOfScore({ lengths, steps }: ScoredLengths): (score: number, at?: Ms) => number {
  const quantile = lengthQuantile(lengths)
  return (score, at = Number.NEGATIVE_INFINITY) => {
    const p = normalDistribution(score + shiftAt(steps, at))
    // some distributions have no length at 0 or 1
    return quantile(Math.min(1 - 2 ** -53, Math.max(2 ** -53, p)))
  }
}

/** Shift of the last step that has begun. By bisection, because a day may have a hundred steps. */
function shiftAt(steps: readonly ScoreStep[], at: Ms): number {
  let begun = 0
  let after = steps.length
  while (begun < after) {
    const middle = (begun + after) >> 1
    if (steps[middle]!.atMs <= at) begun = middle + 1
    else after = middle
  }
  return begun === 0 ? 0 : steps[begun - 1]!.shift
}

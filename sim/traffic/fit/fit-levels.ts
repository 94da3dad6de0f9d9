import { bisect, normalDistribution, normalQuantile } from '../../stats/index.ts'
import { ranks } from '../lengths/rank-correlation.ts'

/** How lengths depend on the steps of the rate. */
export interface FittedLevels {
  /** by step; null where steps do not differ significantly */
  readonly levels: readonly number[] | null
  /** of normal scores, by step; 0 without levels */
  readonly shifts: readonly number[]
}

/** Variance of scores between over within steps, from which steps differ (Fisher 1925). */
const SIGNIFICANT_RATIO = 4
/** Points of the distribution at which its mean under a shift is computed. */
const POINTS = 400
const HALVINGS = 30
/** The largest shift of normal scores: a level of 0.001 or 0.999. */
const MOST_SHIFT = 3.09

/** Levels that reproduce the mean length of each step. `steps`: the step of each length. */
export function fitLevels(
  lengths: ArrayLike<number>,
  steps: ArrayLike<number>,
  count: number,
): FittedLevels {
  const n = lengths.length
  const scores = ranks(lengths).map((rank) => normalQuantile((rank - 0.5) / n))
  if (count < 2 || !differ(scores, steps, count)) {
    return { levels: null, shifts: new Array<number>(count).fill(0) }
  }
  const sorted = Float64Array.from(lengths).sort()
  const middles = Array.from({ length: POINTS }, (_, i) => normalQuantile((i + 0.5) / POINTS))
  const meanUnder = (shift: number) => {
    const at = (score: number) => Math.floor(normalDistribution(score + shift) * n)
    return middles.reduce((sum, z) => sum + sorted[Math.min(n - 1, at(z))]!, 0) / POINTS
  }
  // corrects the mean for the discrete points
  const bias = meanUnder(0) / (sorted.reduce((sum, length) => sum + length, 0) / n)
  const shifts = meansOf(lengths, steps, count).map((mean) =>
    mean === null ? 0 : shiftTo(mean * bias, meanUnder),
  )
  return {
    levels: shifts.map((shift) => Number(normalDistribution(shift).toFixed(4))),
    shifts,
  }
}

/** The mean rises with the shift. */
function shiftTo(mean: number, meanUnder: (shift: number) => number): number {
  const ends = [-MOST_SHIFT, MOST_SHIFT] as const
  const [low, high] = bisect(ends, HALVINGS, (shift) => meanUnder(shift) < mean)
  return (low + high) / 2
}

/** Mean of each step; null for a step without values. */
function meansOf(
  values: ArrayLike<number>,
  steps: ArrayLike<number>,
  count: number,
): (number | null)[] {
  const counts = new Float64Array(count)
  const sums = new Float64Array(count)
  for (let i = 0; i < values.length; i++) {
    counts[steps[i]!]! += 1
    sums[steps[i]!]! += values[i]!
  }
  return Array.from(sums, (sum, i) => (counts[i] === 0 ? null : sum / counts[i]!))
}

function differ(scores: Float64Array, steps: ArrayLike<number>, count: number): boolean {
  const means = meansOf(scores, steps, count)
  let between = 0
  let within = 0
  for (const [i, score] of scores.entries()) {
    const mean = means[steps[i]!]!
    // scores have a mean of 0
    between += mean * mean
    within += (score - mean) ** 2
  }
  return between / (count - 1) / (within / (scores.length - count)) > SIGNIFICANT_RATIO
}

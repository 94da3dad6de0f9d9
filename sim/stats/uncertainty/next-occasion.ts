import { sum } from '../../kernel/index.ts'
import { normalQuantile } from '../intervals/normal.ts'
import { studentTQuantile } from '../intervals/student-t.ts'

/** What is known of a value that differs from occasion to occasion. */
export interface Occasions {
  /**
   * The occasions of each calibration, all on one scale. An occasion has one value, or several of
   * the same kind, of which the mean scatter counts.
   */
  readonly calibrations: readonly (readonly (readonly number[])[])[]
  /**
   * The level that is taken for the value: replays of one or more occasions. None where it is the
   * mean of the last calibration.
   */
  readonly levels: readonly (readonly number[])[]
  /** a further variance, which is known exactly */
  readonly more: number
}

/** A variance that was estimated with so many degrees of freedom. */
interface Part {
  readonly variance: number
  readonly degrees: number
}

/** Student's t of how far a next occasion may be from the level that is taken for it. */
export interface NextOccasion {
  /** 0 where no occasion differed */
  readonly scale: number
  /** of freedom; a million and more where the variance is as good as known */
  readonly degrees: number
}

/** How far it is from the level at a probability, 0 < p < 1. */
export function nextQuantile({ scale, degrees }: NextOccasion, p: number): number {
  return scale * (degrees < MANY ? studentTQuantile(p, degrees) : normalQuantile(p))
}

/** From so many degrees of freedom on Student's t is a normal law. */
const MANY = 1e6

/**
 * How far the value of a next occasion may be from the level that is taken for it; null where no
 * scatter is known.
 *
 * The next occasion is one of another calibration, where several show how these differ, and else
 * another one of the same calibration. Its variance and that of the level add up, and Student's t
 * has the degrees of freedom of Welch and Satterthwaite.
 */
export function nextOccasion({ calibrations, levels, more }: Occasions): NextOccasion | null {
  const within = pooled(calibrations.map(squaresOf))
  const ofCalibrations = squaresOf(calibrations.map(meansOf))
  const ofLevels = squaresOf(levels.map((of) => meansOf(of.map((level) => [level]))))
  const between = pooled([ofCalibrations, ofLevels])
  if (within === null && between === null) return null
  // a mean over several occasions hides most of the scatter within its calibration
  const shares = calibrations.map(({ length }) => 1 / length)
  const hidden = between === null ? 1 : 1 - sum(shares) / shares.length
  // variances of one occasion in units of `between` and `within`
  const next = { between: 1, within: hidden }
  const level =
    levels.length > 0
      ? { between: 1 / levels.length, within: hidden / levels.length }
      : { between: 1, within: between === null ? 1 / calibrations.at(-1)!.length : 0 }
  const replays = pooled(levels.map((of) => squaresOf(of.map((each) => [each]))))
  return together([
    ...part(between, next.between + level.between),
    ...part(within, next.within + level.within),
    ...part(replays, 1 / sum(levels.map((of) => of.length))),
    { variance: more, degrees: Number.POSITIVE_INFINITY },
  ])
}

const part = (of: Part | null, times: number): Part[] =>
  of === null ? [] : [{ variance: times * of.variance, degrees: of.degrees }]

function together(parts: readonly Part[]): NextOccasion {
  const variance = sum(parts.map((of) => of.variance))
  if (variance === 0) return { scale: 0, degrees: MANY }
  const inverse = sum(parts.map((of) => (of.variance / variance) ** 2 / of.degrees))
  // the next lower integer, as the Guide to the expression of uncertainty has it (GUM, G.4.1)
  const degrees = Math.max(1, Math.floor(1 / inverse + 1e-9))
  return { scale: Math.sqrt(variance), degrees }
}

/** The sum of squared differences from the mean, as a mean over the values of an occasion. */
function squaresOf(occasions: readonly (readonly number[])[]): Part {
  const means = meansOf(occasions)
  const squares = occasions.flatMap((values) => values.map((value, i) => (value - means[i]!) ** 2))
  const degrees = Math.max(0, occasions.length - 1)
  return { variance: sum(squares) / Math.max(1, means.length), degrees }
}

/** One variance of several sums of squares; null where none has a degree of freedom. */
function pooled(parts: readonly Part[]): Part | null {
  const degrees = sum(parts.map((of) => of.degrees))
  return degrees === 0 ? null : { variance: sum(parts.map((of) => of.variance)) / degrees, degrees }
}

const meansOf = (occasions: readonly (readonly number[])[]): number[] =>
  (occasions[0] ?? []).map((_, i) => sum(occasions.map((values) => values[i]!)) / occasions.length)
